"""The registers that people and organisations are checked against, each as the settings say."""

from typing import TypeVar

from idp.kernel.clock import Clock
from idp.outbound import Outbound
from idp.registers.http_register import HttpRegister
from idp.registers.register import Register, Registers
from idp.registers.request_key import load_key
from idp.registers.sample import SampleRegister, Samples
from idp.settings import Settings

# Registers and gateways stand in networks of the state, or on this machine in a trial. Only the addresses
# that the settings name are asked through this way out, and nothing that a caller says goes into them.
NEAR = ("127.0.0.0/8", "::1/128", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")

R = TypeVar("R")


def registers_of(settings: Settings, samples: Samples, clock: Clock) -> Registers:
    """Each behind its address, or embedded as a sample where it has none.

    Raises:
        Corrupt: the key to sign requests with cannot be used.
        OSError: it cannot be read.
    """
    outbound = Outbound(NEAR, settings.outbound_ca_file)
    key = None if settings.register_key_file is None else load_key(settings.register_key_file)

    def reached(address: str | None, sample: SampleRegister[R]) -> Register[R]:
        return HttpRegister[R](sample.shape, address, outbound, key, clock) if address else sample

    return Registers(
        population=reached(settings.population_register_url, samples.population),
        immigration=reached(settings.immigration_register_url, samples.immigration),
        business=reached(settings.business_register_url, samples.business),
    )
