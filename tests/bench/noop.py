"""No-op: a Flask route that does nothing, to compare the web process with. Served as the Procfile serves that one."""

from flask import Flask

application = Flask(__name__)


@application.post("/webhook")
def webhook() -> tuple[str, int]:
    return "", 202
