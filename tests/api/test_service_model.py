"""The trimmed model is the installed botocore's, and small."""

from __future__ import annotations

from botocore.loaders import Loader
from botocore.model import ServiceModel

from engagement.api.service_model import SERVICE_MODEL, service_model
from scripts.wire_model import main, text_of, trimmed

FULL = Loader().load_service_model("pinpoint", "service-2", "2016-12-01")


def test_it_is_up_to_date(capsys):
    assert main(["--check"]) == 0, "botocore's model has changed: run `python -m scripts.wire_model`"


def test_a_different_file_is_told(tmp_path, monkeypatch, capsys):
    old = tmp_path / "service_model.json"
    old.write_text("{}")
    monkeypatch.setattr("scripts.wire_model.TARGET", old)
    assert main(["--check"]) == 1
    assert "run `python -m scripts.wire_model`" in capsys.readouterr().out
    assert main([]) == 0
    assert old.read_text() == SERVICE_MODEL.read_text()


def test_routes_are_botocores():
    model = ServiceModel(FULL, "pinpoint")
    for name in model.operation_names:
        http = model.operation_model(name).http
        ours = service_model().operations[name]
        assert (ours.method, ours.path, ours.status) == (http["method"], http["requestUri"], http["responseCode"])
    assert len(service_model().operations) == len(model.operation_names) == 122


def test_nothing_but_the_wire_is_kept():
    text = text_of(trimmed(FULL))
    assert "documentation" not in text
    assert "<p>" not in text
    assert len(text) < 200_000


def test_prose_does_not_matter_and_shapes_do():
    changed = {
        **FULL,
        "shapes": {
            **FULL["shapes"],
            "ChannelType": {"type": "string", "enum": ["NEW"], "documentation": "x"},
        },
    }
    assert trimmed(changed)["shapes"]["ChannelType"] == {"type": "string", "enum": ["NEW"]}
    assert trimmed(changed) != trimmed(FULL)
