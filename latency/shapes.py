"""stub"""


class NotMadeError(Exception): ...


def settings_for(model: str) -> dict[str, str]:
    return {"FORETYPE_MODEL": model}
