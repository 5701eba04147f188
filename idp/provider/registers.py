"""The registers that people and organisations are checked against, each as the settings say."""

from idp.kernel.clock import Clock
from idp.outbound import Outbound
from idp.registers.http_register import HttpBusiness, HttpImmigration, HttpPopulation
from idp.registers.register import Registers
from idp.registers.request_key import load_key
from idp.registers.sample import Samples
from idp.settings import Settings

# Registers stand in networks of the state, or on this machine in a trial. Only the addresses that the
# settings name are asked through this way out, and nothing that a caller says goes into them.
NEAR = ("127.0.0.0/8", "::1/128", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")


def registers_of(settings: Settings, samples: Samples, clock: Clock) -> Registers:
    """Each behind its address, or embedded as a sample where it has none.

    Raises:
        Corrupt: the key to sign requests with cannot be used.
        OSError: it cannot be read.
    """
    outbound = Outbound(NEAR, settings.outbound_ca_file)
    key = None if settings.register_key_file is None else load_key(settings.register_key_file)
    way = (outbound, key, clock)
    citizens, foreigners = settings.population_register_url, settings.immigration_register_url
    organisations = settings.business_register_url
    return Registers(
        population=HttpPopulation(citizens, *way) if citizens else samples.population,
        immigration=HttpImmigration(foreigners, *way) if foreigners else samples.immigration,
        business=HttpBusiness(organisations, *way) if organisations else samples.business,
    )
