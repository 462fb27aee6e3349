"""``/profile/devices``: where one is signed in."""

from uuid import UUID

from flask import Blueprint, current_app, render_template
from werkzeug import Response

from app.core.db import transact
from app.identity.commands.sessions import end_other_sessions, end_session
from app.identity.guard import signed_in_caller
from app.identity.pages.device_names import device_name
from app.identity.pages.notices import done
from app.identity.pages.people import nobody, person_id, signed_in
from app.identity.queries.devices import devices

blueprint = Blueprint("devices", __name__)


@blueprint.get("/profile/devices")
def show() -> str:
    """The list, with the one that asks marked."""
    user_id = person_id()
    if user_id is None:
        return nobody()
    caller = signed_in_caller()
    live = devices(user_id, current_app.config["SESSION_IDLE_HOURS"])
    listed = [(device, device_name(device.user_agent)) for device in live]
    return render_template("identity/devices.html", devices=listed, this=caller and caller.session_id)


@blueprint.post("/profile/devices/<uuid:session_id>/sign-out")
def sign_out(session_id: UUID) -> Response:
    """Sign one device out."""
    person = signed_in()
    transact(end_session, session_id, person.id)
    return done("/profile/devices", "device")


@blueprint.post("/profile/devices/sign-out-others")
def sign_out_others() -> Response:
    """Sign all devices out but this one."""
    person = signed_in()
    transact(end_other_sessions, person.id, person.session_id)
    return done("/profile/devices", "devices")
