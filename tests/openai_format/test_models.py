from __future__ import annotations

import subprocess
import sys

from openai.types import Model
from tests.stand_in_engine import stand_in_card

from jobai_server.openai_format.models import model_list, model_object


def test_every_served_name_is_listed() -> None:
    listed = model_list([stand_in_card()])
    assert listed["object"] == "list"
    assert [entry["id"] for entry in listed["data"]] == ["stand-in", "also-stand-in"]
    for entry in listed["data"]:
        assert Model.model_validate(entry).owned_by == "jobai-server"
        assert (entry["root"], entry["max_model_len"], entry["roles"]) == ("stand-in", 4096, ["primary"])
    assert model_object(stand_in_card()).id == "stand-in"


def test_importing_the_room_is_light() -> None:
    modules = "chat_events chat_response completion_events completion_response chat_reply decision_response models"
    imports = "; ".join(f"import jobai_server.openai_format.{module}" for module in modules.split())
    heavy = "{'openai', 'fastapi', 'vllm', 'torch', 'transformers', 'jsonschema', 'numpy'}"
    code = f"import sys; {imports}; assert not {heavy} & set(sys.modules), {heavy} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, env={"PYTHONPATH": ":".join(sys.path)})
