"""How the machine is run."""

from hypothesis import HealthCheck, Phase, settings


def runs(number: int, steps: int) -> settings:
    """So many programs of so many steps; a failing one is shrunk. A program ends early when it has drawn too much."""
    return settings(
        database=None,
        deadline=None,
        max_examples=number,
        stateful_step_count=steps,
        phases=(Phase.generate, Phase.shrink),
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
