"""The registers that people and organisations are checked against, each as the settings say."""

from idp.registers.register import Registers
from idp.registers.sample import Samples


def registers_of(samples: Samples) -> Registers:
    """The embedded samples, until a register has an address."""
    return Registers(
        population=samples.population, immigration=samples.immigration, business=samples.business
    )
