"""Electronic identification codes of agencies (Decision 20/2020/QĐ-TTg): groups of letters and digits.

The first group names a ministry or province, each further one a level below, as in ``G01.02.03``.
"""

import re

from idp.kernel.errors import Refused

LONGEST = 35
AGENCY_CODE = re.compile(r"[0-9A-Z]+(?:\.[0-9A-Z]+)*")


class AgencyCodeMalformed(Refused):
    """Not an agency's code."""

    code = "agency_code_malformed"


def parse_agency_code(typed: str) -> str:
    """An agency's code, in capitals.

    Raises:
        AgencyCodeMalformed: longer than 35 characters, or not groups of A-Z and 0-9 with dots between.
    """
    code = typed.strip().upper()
    if len(code) > LONGEST or not AGENCY_CODE.fullmatch(code):
        raise AgencyCodeMalformed
    return code
