"""A run's config: its fields, bounds, defaults and presets, and what a choice means for its score."""

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from services.labels import DEEPEST, Scheme

if TYPE_CHECKING:
    from services.embryos import Embryo

MAX_EMBRYOS = 10_000
MAX_ROWS = 5_000_000  # after resampling
_WIDTH = r"([1-9]\d{0,2}|1\d{3}|20[0-3]\d|204[0-8])"  # 1 to 2048 units; 1 to 8 hidden layers
MODEL = rf"^(published|{_WIDTH}(-{_WIDTH}){{0,7}})$"
EMBRYO_ID = re.compile(r"[a-z0-9]{1,10}")

# field -> (least, most); one table for the check, the form and the API's document
BOUNDS: dict[str, tuple[float, float]] = {
    "stop_at_cells": (0, 1000),
    "depth": (0, DEEPEST),
    "validation_share": (0.01, 0.5),
    "test_share": (0, 0.5),
    "epochs": (1, 1000),
    "batch_size": (1, 65_536),
    "learning_rate": (1e-7, 1),
    "factor": (0.01, 0.99),
    "patience": (0, 1000),
    "early_stop": (0, 1000),
    "seed": (0, 2**31 - 1),
}
NAME_LENGTH = 200
NOTES_LENGTH = 4000
ONE_LINE = r"^[^\x00-\x1f\x7f-\x9f]*$"  # no control character
SOME_LINES = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$"  # but tabs and ends of lines

FIELDS = {
    "embryos": "the recorded embryos whose rows the network learns from",
    "preset": "a starting point that fills the fields below; a field that you set wins over it",
    "stop_at_cells": "each embryo up to and with its first frame of this many cells; 0: the whole recording",
    "names": "which nuclei: those with a Sulston name, or every row of the file",
    "scheme": "what the network answers: compact name, founder, ancestor at a generation, or full name",
    "depth": "characters of a compact name, or the generation of an ancestor (P0 is 0)",
    "features": "x, y, z, time and size: as recorded, or standardised by the training part",
    "split": "what stays together when rows go to training, validation and test",
    "validation_share": "share of the rows that schedule and best epoch are judged on",
    "test_share": "share of the rows that is looked at once, at the end",
    "resampling": "how large and small classes are balanced, in the training part only",
    "model": "the published perceptron, or the widths of hidden layers such as 256-128",
    "epochs": "passes over the training part",
    "batch_size": "rows in one step of the optimiser; larger is quicker an epoch and needs more epochs",
    "learning_rate": "step size of Adam at the start",
    "schedule": "what lowers the learning rate: a validation loss that no longer falls, or nothing",
    "factor": "what the learning rate is multiplied by when the validation loss no longer falls",
    "patience": "epochs without a lower validation loss before that happens",
    "early_stop": "epochs without a lower validation loss before the run ends early; 0: never",
    "seed": "start of all random choices: the same config and seed make the same run again",
    "name": "what the run is called in lists",
    "notes": "anything worth remembering",
}

# key -> (title, one line)
SPLITS = {
    "embryo": (
        "By embryo",
        "whole embryos are held out, all of one recording date together: the honest figure",
    ),
    "cell": (
        "By cell",
        "all rows of a cell name stand in one part; some classes may have no example to learn from",
    ),
    "row": (
        "By row",
        "single rows at random; the same cell stands in training one frame away, so the score is inflated",
    ),
}
FEATURE_SETS = {
    "standardised": ("Standardised", "each feature to mean 0 and standard deviation 1 on the training part"),
    "raw": ("Raw", "as recorded: pixels, planes and frames"),
}
NAMES = {
    "sulston": ("Sulston names", "rows whose nucleus has no Sulston name are left out and counted"),
    "all": ("Every row", "whatever the nucleus is called"),
}
SCHEDULES = {
    "validation-loss": ("Validation loss", "ReduceLROnPlateau follows the validation loss"),
    "none": ("Constant", "the learning rate stays as it is"),
    "constant-step": (
        "As published in 2020",
        "ReduceLROnPlateau is stepped with the constant 1, so it never follows the loss",
    ),
}
PUBLISHED_WIDTHS = (256, 128, 128, 128, 64)
PUBLISHED_OUTPUTS = 32  # whatever the number of classes, as published; more only where the label has more

PRESETS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "held-out-embryos": (
        "Held-out embryos",
        "The honest figure: whole embryos stay unseen, all of one recording date together.",
        {"split": "embryo", "epochs": 30},
    ),
    "quick-look": (
        "Quick look",
        "Five epochs in large batches, to see that the choice makes sense.",
        {"epochs": 5, "batch_size": 2048, "learning_rate": 0.003},
    ),
    "published-2020": (
        "As published in 2020",
        "The recipe that started this project, its leak included: copies of the same rows stand in training "
        "and validation, and the learning rate never follows the loss. Its score is inflated.",
        {
            "stop_at_cells": 200,
            "names": "all",
            "scheme": "prefix",
            "depth": 2,
            "features": "raw",
            "split": "row",
            "validation_share": 0.1,
            "test_share": 0.0,
            "resampling": "oversample-before-split",
            "model": "published",
            "epochs": 20,
            "batch_size": 150,
            "learning_rate": 0.001,
            "schedule": "constant-step",
            "factor": 0.7,
            "patience": 6,
            "early_stop": 0,
        },
    ),
}


class BadConfig(ValueError):
    """A run config that can't be run: which field, and what to do about it."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field
        self.message = message


def _bounded(field: str, default: Any) -> Any:
    least, most = BOUNDS[field]
    return Field(default, ge=least, le=most, description=f"{FIELDS[field]} (from {least:g} to {most:g})")


def _told(field: str, default: Any, **limits: Any) -> Any:
    return Field(default, description=FIELDS[field], **limits)


class RunConfig(BaseModel):
    """Everything that makes a run again. Only `embryos` is required; see `FIELDS` and `BOUNDS`.

    Use `complete` to make one from what a person or a script gave: the defaults here know no preset and
    not how many recording dates there are.
    """

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, allow_inf_nan=False, hide_input_in_errors=True
    )

    embryos: list[str] = _told("embryos", ..., min_length=1, max_length=MAX_EMBRYOS)
    preset: Literal["held-out-embryos", "quick-look", "published-2020"] | None = _told("preset", None)
    stop_at_cells: int = _bounded("stop_at_cells", 200)
    names: Literal["sulston", "all"] = _told("names", "sulston")
    scheme: Literal["prefix", "founder", "ancestor", "full"] = _told("scheme", "prefix")
    depth: int | None = _bounded("depth", 2)
    features: Literal["raw", "standardised"] = _told("features", "standardised")
    split: Literal["row", "cell", "embryo"] = _told("split", "cell")
    validation_share: float = _bounded("validation_share", 0.15)
    test_share: float = _bounded("test_share", 0.15)
    resampling: Literal[
        "none",
        "oversample",
        "undersample",
        "smote",
        "balanced-sampler",
        "sqrt-sampler",
        "class-weights",
        "oversample-before-split",
    ] = _told("resampling", "sqrt-sampler")
    model: str = _told("model", "published", pattern=MODEL)
    epochs: int = _bounded("epochs", 20)
    batch_size: int = _bounded("batch_size", 512)
    learning_rate: float = _bounded("learning_rate", 0.001)
    schedule: Literal["validation-loss", "none", "constant-step"] = _told("schedule", "validation-loss")
    factor: float = _bounded("factor", 0.5)
    patience: int = _bounded("patience", 3)
    early_stop: int = _bounded("early_stop", 0)
    seed: int = _bounded("seed", 0)
    name: str = _told("name", "", max_length=NAME_LENGTH, pattern=ONE_LINE)
    notes: str = _told("notes", "", max_length=NOTES_LENGTH, pattern=SOME_LINES)

    @field_validator("embryos")
    @classmethod
    def _embryo_ids(cls, ids: list[str]) -> list[str]:
        for each in ids:
            if not EMBRYO_ID.fullmatch(each):
                raise ValueError(f"{each[:40]!r} is no embryo id; expected at most 10 of a-z and 0-9")
        return list(dict.fromkeys(ids))

    @field_validator("name", "notes")
    @classmethod
    def _no_outer_spaces(cls, text: str) -> str:
        return text.strip()

    @model_validator(mode="after")
    def _label(self) -> "RunConfig":
        try:
            object.__setattr__(self, "depth", Scheme.parse(self.scheme, self.depth).depth)
        except ValueError as error:
            field, why = error.args
            raise BadConfig(field, why) from error
        if self.validation_share + self.test_share > 0.8:
            raise BadConfig("test_share", "validation and test together take more than 0.8 of the rows")
        return self

    @property
    def label(self) -> Scheme:
        return Scheme(self.scheme, self.depth)


def hidden_widths(model: str) -> tuple[int, ...]:
    """Units of each hidden layer."""
    return PUBLISHED_WIDTHS if model == "published" else tuple(int(width) for width in model.split("-"))


def outputs_of(model: str, classes: int) -> int:
    """Units of the last layer: 32 for the published perceptron, more only where there are more classes."""
    return max(PUBLISHED_OUTPUTS, classes) if model == "published" else classes


def clean_text(field: str, text: str) -> str:
    """A run's `name` or `notes` as they may be kept. Raises `BadConfig`."""
    pattern, most = {"name": (ONE_LINE, NAME_LENGTH), "notes": (SOME_LINES, NOTES_LENGTH)}[field]
    if len(text) > most:
        raise BadConfig(field, f"{len(text)} characters; expected at most {most}")
    if not re.fullmatch(pattern, text) or re.search("[\ud800-\udfff]", text):
        raise BadConfig(field, "holds a control character")
    return text.strip()


def dates_of(embryos: Sequence["Embryo"]) -> dict[str, str]:
    """Embryo id -> the recording date that it is held out with.

    An embryo whose date isn't known stands for a date of its own.
    """
    return {embryo.id: embryo.session or f"?{embryo.id}" for embryo in embryos}


def default_split(embryos: Sequence["Embryo"]) -> str:
    """`embryo` where the embryos have three recording dates or more, else `cell`."""
    return "embryo" if len(set(dates_of(embryos).values())) >= 3 else "cell"


def complete(config: Mapping[str, Any], embryos: Sequence["Embryo"]) -> RunConfig:
    """The whole config from the fields that were set: then the preset's values, then the defaults.

    A field that is `None` counts as unset. `embryos` are those that the config names. Raises `BadConfig`
    with the field and what is wrong in it.
    """
    given = {field: value for field, value in config.items() if value is not None}
    preset = given.get("preset")
    if "preset" in given and (not isinstance(preset, str) or preset not in PRESETS):
        raise BadConfig("preset", f"unknown; expected one of {', '.join(PRESETS)}")
    fields = {**(PRESETS[preset][2] if preset else {}), **given}
    for field in BOUNDS:  # 20.0 is a whole number, as in JSON
        value = fields.get(field)
        if (
            isinstance(value, float)
            and value.is_integer()
            and RunConfig.model_fields[field].annotation is not float
        ):
            fields[field] = int(value)
    if "split" not in fields:
        fields["split"] = default_split(embryos)
    if "scheme" in given and "depth" not in given:  # another label has another depth by default
        fields.pop("depth", None)
        fields["depth"] = None if fields["scheme"] != "prefix" else RunConfig.model_fields["depth"].default
    try:
        made = RunConfig.model_validate(fields)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        cause = first.get("ctx", {}).get("error")
        if isinstance(cause, BadConfig):
            raise cause from error
        field = str(first["loc"][0]) if first["loc"] else "config"
        raise BadConfig(field[:40], _said(field, first)) from error
    _check_groups(made, embryos)
    return made


def _said(field: str, error: Any) -> str:
    kind = error["type"]
    if kind == "extra_forbidden":
        return f"no such field; the fields are {', '.join(FIELDS)}"
    if field == "embryos" and kind in ("missing", "too_short"):
        return "choose one embryo or more"
    if field in BOUNDS:
        least, most = BOUNDS[field]
        whole = RunConfig.model_fields[field].annotation is not float
        return f"expected a {'whole number' if whole else 'number'} from {least:.10g} to {most:.10g}"
    if kind == "string_pattern_mismatch" and field == "model":
        return "expected `published` or the widths of 1 to 8 hidden layers such as 256-128, each at most 2048"
    if kind == "string_pattern_mismatch":
        return "holds a control character"
    return str(error["msg"]).removeprefix("Value error, ").replace("Input should be", "expected")


def _check_groups(config: RunConfig, embryos: Sequence["Embryo"]) -> None:
    """A split by embryo needs a recording date for every part."""
    if config.split != "embryo":
        return
    parts = 3 if config.test_share else 2
    chosen = {date for embryo, date in dates_of(embryos).items() if embryo in set(config.embryos)}
    if len(config.embryos) == 1:
        raise BadConfig(
            "split",
            "one embryo alone can't be split by embryo: choose more embryos, or split by cell (or by row, "
            "which is inflated)",
        )
    if len(chosen) < parts:
        raise BadConfig(
            "split",
            f"a split by embryo holds out whole recording dates and needs {parts} of them; these embryos "
            f"have {len(chosen)}: choose embryos of other dates, or split by cell",
        )


def inflated(config: RunConfig | Mapping[str, Any]) -> str | None:
    """Why a run's score is inflated, in a sentence; `None` where it isn't. `config` is a complete one."""
    if isinstance(config, RunConfig):
        config = config.model_dump()
    split, resampling = config["split"], config["resampling"]
    if resampling == "oversample-before-split" and split == "row":
        return (
            "rows were oversampled before the split: copies of one row stand in training and among the scored"
        )
    if resampling == "oversample-before-split":
        return "rows were oversampled before the split: the rows scored have lost their natural distribution"
    if split == "row":
        return "rows were split at random: the same cell stands in training one frame away from a row scored"
    return None


def request_schema() -> dict[str, Any]:
    """JSON schema of what may be asked for: `RunConfig`; any field but `embryos` may be null (unset)."""
    schema = RunConfig.model_json_schema()
    for field, part in schema["properties"].items():
        part.pop("title", None)
        if field == "embryos":
            part["items"]["pattern"] = r"^[a-z0-9]{1,10}$"
        elif "anyOf" not in part:
            told = {key: part.pop(key) for key in ("default", "description") if key in part}
            schema["properties"][field] = {"anyOf": [part, {"type": "null"}], **told}
    schema.pop("description", None)
    return schema
