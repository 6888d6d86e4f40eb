"""`foretype service`: run the server without a terminal, from the next login on."""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from pathlib import Path

import typer

from foretype.cli.common import USAGE, fail, say, settings_or_exit
from foretype.cli.lazy import new_app
from foretype.cli.options import OPTIONS, Given, takes
from foretype.cli.start import CannotServeError, prepare_models
from foretype.server.listen import CannotListenError, OpenToOthersError, bind
from foretype.server.pairing import Pairing
from foretype.server.state_file import CODE_LIFETIME, BadStateError
from foretype.supervise.choose import this_supervisor
from foretype.supervise.health import Health, look
from foretype.supervise.install import Outcome, installed, wait
from foretype.supervise.install import install as install_service
from foretype.supervise.install import remove as remove_service
from foretype.supervise.program import address_of, serve_program
from foretype.supervise.supervisor import CannotSuperviseError, State, Supervisor
from foretype.support.settings import PREFIX, Settings, config_file, is_blank

NOT_RUNNING = 3
NOT_INSTALLED = 4
"""The exit codes of `systemctl status`."""

service = new_app(
    name="service",
    short_help="Start the server at each login, without a terminal.",
    no_args_is_help=True,
    help="Run the server without a terminal: it starts at each login, and again if it fails.",
)


@service.command()
@takes(*OPTIONS)
def install(given: Given) -> None:
    """Start the server now and at each login, by systemd, launchd or Task Scheduler.

    The options are those of `foretype serve`. Settings in the environment count as options. A changed
    settings file applies after the next start, except for the address, the port and the folders.

    If you run the command again with other options, they replace those of the installed service. A stopped
    service is started.

    **Examples**

    `foretype service install` serves the default model on this machine.

    `foretype service install --port 9000 --model distilgpt2` serves another model on another port.
    """
    settings = settings_or_exit(given)
    config, was_named = config_file(given.config, os.environ)
    program = serve_program(settings, _named(given), config if was_named or config.is_file() else None)
    _check_settings(settings, config)
    supervisor = _usable(program)
    try:
        before = installed(supervisor)
        if before is None or address_of(before) != address_of(program) or supervisor.state() != State.RUNNING:
            _check_port(settings, address_of(program))
        prepare_models(settings)  # here, where its progress can be seen, and not at the first start
        outcome = install_service(supervisor, program)
    except (CannotSuperviseError, CannotServeError) as error:
        fail(str(error))
    _report(supervisor, outcome, settings, address_of(program))


@service.command()
def remove() -> None:
    """Stop the server, no longer start it at login, and delete what `foretype service install` has written.

    Paired browsers, settings and models stay.
    """
    try:
        supervisor = this_supervisor()
        was_installed = remove_service(supervisor)
    except CannotSuperviseError as error:
        fail(str(error))
    typer.echo("The service is removed." if was_installed else "No service is installed.")


@service.command()
def status() -> None:
    """Say whether the service is installed, runs and answers, at which address, and where its log is.

    The exit code is 0 if the server answers, 3 if it is installed but does not answer, and 4 if it is not
    installed.
    """
    try:
        supervisor = this_supervisor()
        program = installed(supervisor)
        if program is None:
            typer.echo("No service is installed. To install it: foretype service install")
            raise typer.Exit(NOT_INSTALLED)
        supervisor.check()
        state = supervisor.state()
    except CannotSuperviseError as error:
        fail(str(error), NOT_RUNNING)
    address = address_of(program)
    health = look(address)
    typer.echo(f"The service is installed ({supervisor.name}: {supervisor.file}).")
    typer.echo(_STATE[state])
    typer.echo(f"{_HEALTH[health]} Address: {address}")
    typer.echo(f"{supervisor.log[:1].upper()}{supervisor.log[1:]}.")
    if state is State.RUNNING and health in (Health.READY, Health.LOADING):
        return
    typer.echo(f"To start it: {supervisor.restart_command}")
    raise typer.Exit(NOT_RUNNING)


_STATE = {
    State.RUNNING: "It runs.",
    State.STARTING: "It is starting.",
    State.FAILED: "It has failed: its log says why.",
    State.STOPPED: "It is stopped.",
}
_HEALTH = {
    Health.READY: "The server answers.",
    Health.LOADING: "The server is loading its model.",
    Health.STRANGER: "Another program answers.",
    Health.NOBODY: "Nothing answers.",
}


def _named(given: Given) -> list[str]:
    """The settings that were given on the command line or in the environment, except the token."""
    variables = {name.upper() for name, value in os.environ.items() if not is_blank(value)}
    return [
        name for name in OPTIONS if not is_blank(given.values.get(name)) or PREFIX + name.upper() in variables
    ]


def _check_settings(settings: Settings, config: Path) -> None:
    """Exit if a service cannot have these settings."""
    if settings.port == 0:
        fail("A service needs a fixed port, because browsers are paired with it: choose one above 0.", USAGE)
    if any(name.upper() == f"{PREFIX}TOKEN" and not is_blank(value) for name, value in os.environ.items()):
        fail(
            f"{PREFIX}TOKEN is set, but a service does not store the token, because other users can read "
            f'command lines: put `token = "…"` into {config}, readable only by you, and unset {PREFIX}TOKEN.',
            USAGE,
        )


def _usable(program: Sequence[str]) -> Supervisor:
    """The supervisor of this system. If there is none, says what to do instead, and exits."""
    try:
        supervisor = this_supervisor()
        supervisor.check()
    except CannotSuperviseError as error:
        fail(
            f"{error} No service was installed. If you use a container or another supervisor, such as "
            f"OpenRC, runit or supervisord, make it start this command: {shlex.join(program)}"
        )
    return supervisor


def _check_port(settings: Settings, address: str) -> None:
    """Exit if the server could not listen."""
    is_encrypted = settings.tls_certificate is not None or settings.tls_in_front
    try:
        for one in bind(settings.host, settings.port, is_encrypted=is_encrypted):
            one.close()
    except OpenToOthersError as error:
        fail(str(error), USAGE)
    except CannotListenError as error:
        if error.is_taken and look(address) in (Health.READY, Health.LOADING):
            fail(
                f"A Foretype server that is not this service runs at {address}: stop it (Ctrl-C in its "
                "terminal), then run this command again."
            )
        fail(error)


def _report(supervisor: Supervisor, outcome: Outcome, settings: Settings, address: str) -> None:
    """Wait for the server, and say what to do next."""
    health = wait(supervisor, address)
    if health is not Health.READY:
        say(
            f"The service is installed, but {_NOT_READY[health]} {address}. {supervisor.log[:1].upper()}"
            f"{supervisor.log[1:]}. To start it again: {supervisor.restart_command}"
        )
        raise typer.Exit(NOT_RUNNING)
    if outcome is Outcome.UNCHANGED:
        typer.echo(f"Nothing changed: the service runs at {address}")
        typer.echo(f"To start it again, for example after an update: {supervisor.restart_command}")
        return
    typer.echo(_DONE[outcome])
    _say_how_to_pair(settings, address)


_NOT_READY = {
    Health.LOADING: "the server is still loading its model at",
    Health.STRANGER: "another program answers at",
    Health.NOBODY: "no server answers at",
}
_DONE = {
    Outcome.INSTALLED: "The service is installed and runs. It starts again at each login.",
    Outcome.UPDATED: "The service has the new options and runs.",
    Outcome.STARTED: "The service was stopped, and runs again.",
}


def _say_how_to_pair(settings: Settings, address: str) -> None:
    try:
        code = Pairing(settings.state_dir).new_code()
    except BadStateError as bad:
        typer.echo(f"{address}/")
        say(f"Warning: {bad} Until then, no browser can be paired.")
        return
    typer.echo(f"{address}/#code={code}")
    minutes = round(CODE_LIFETIME / 60)
    typer.echo(
        f"Open this address to try Foretype, and to pair a browser. The code in it works once, within "
        f"{minutes} minutes; `foretype pair` makes another."
    )
