"""Every setting with its default, limits, unit and help text; the form, the command line and the docs read them."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Architecture = Literal["csunet", "unet", "unetplusplus", "swin-unet"]
Preset = Literal["small", "standard", "paper"]
Precision = Literal["auto", "float32", "bfloat16"]
Layers = Literal["none", "rows", "columns"]
"""Whether classes lie in layers, and what tells them: the row of a pixel, as in a coating seen from the side, or its
column."""

PATCH_SIZE = 192
"""Side of a training patch in pixels."""

_FROZEN = ConfigDict(frozen=True, extra="forbid")


class ModelConfig(BaseModel):
    """Everything that is needed to build a network; stored in each checkpoint."""

    model_config = _FROZEN

    architecture: Architecture = "csunet"
    in_channels: int = Field(1, ge=1, le=64)
    class_count: int = Field(2, ge=1, le=1000)
    cnn_encoder: str = "resnet18"
    embedding: int = Field(48, ge=8, le=512, description="Channels of the first Swin stage.")
    depths: tuple[int, int, int, int] = (2, 2, 2, 2)
    heads: tuple[int, int, int, int] = (2, 4, 8, 16)
    window: int = Field(8, ge=2, le=32, description="Side of an attention window, in tokens.")
    residual_mlp: bool = True
    detail: bool = Field(False, description="Whether fixed filter responses at full resolution help to decide.")
    fine_branch: bool = Field(False, description="Whether plain convolutions at strides 2 and 4 join the encoders.")

    @model_validator(mode="after")
    def _heads_divide_the_embedding(self) -> ModelConfig:
        for stage, count in enumerate(self.heads):
            if (self.embedding << stage) % count:
                raise ValueError(
                    f"stage {stage} has {self.embedding << stage} channels, not divisible by {count} heads"
                )
        return self


class RunConfig(BaseModel):
    """What every training has: a network, a budget, a device, a batch size and a learning rate."""

    model_config = _FROZEN

    preset: Preset = Field(
        "small", description="Size of the network: small for a laptop, standard for a graphics card."
    )
    minutes: float | None = Field(5.0, gt=0, le=100_000, description="How long to train, in minutes.")
    steps: int | None = Field(
        None,
        ge=1,
        description="How long to train, in steps; given, it replaces the minutes.",
        json_schema_extra={"unset": "by minutes"},
    )
    device: str = Field("auto", description="auto, cpu, cuda, cuda:1, … or mps.")
    precision: Precision = Field("auto", description="bfloat16 where the device has it, unless float32 is asked for.")
    seed: int = Field(0, ge=0, description="Same seed and steps give the same result on a CPU.")
    batch_size: int = Field(2, ge=1, le=1024, description="Patches in one step.")
    learning_rate: float = Field(1e-3, gt=0, le=1, description="Highest learning rate of the one-cycle schedule.")
    accept_partial_weights: bool = Field(
        False,
        description="Take weights that fit less than 95 % of an encoder; the rest of it starts at random.",
    )

    @model_validator(mode="after")
    def _has_a_budget(self) -> Self:
        if self.minutes is None and self.steps is None:
            raise ValueError("give a number of minutes or of steps")
        return self


class TrainingConfig(RunConfig):
    """How to fine-tune. The defaults suit a few micrographs and two CPU cores."""

    architecture: Architecture = Field("csunet", description="Network; the others are there for comparison.")
    cnn_encoder: str | None = Field(
        None, description="CNN encoder by its segmentation-models-pytorch name; the preset's if not given."
    )
    encoder_weights: str = Field("bundled", description="What the network starts from: a name, or a file of weights.")
    swin_weights: str | None = Field(
        None, description="What the Swin encoder starts from, if not the same as the CNN encoder."
    )
    exclude_databar: bool = Field(True, description="Leave out the bar with scale and text below a micrograph.")
    reduction: int | None = Field(
        None, ge=1, le=16, description="Work at 1/this of the resolution; chosen by a quick search if not given."
    )
    patch_size: int | None = Field(
        None,
        ge=64,
        le=2048,
        multiple_of=32,
        description="Side of a training patch, in pixels; 192 if not given, or 256 for many micrographs of layers.",
    )
    weight_decay: float = Field(0.01, ge=0, le=1, description="Weight decay of AdamW.")
    averaging: float = Field(0.99, ge=0, lt=1, description="How much of the averaged weights is kept at each step.")
    balanced_share: float = Field(
        0.5, ge=0, le=1, description="Share of patches that are centred on a class drawn at random."
    )
    validation_share: float = Field(
        0.15, ge=0, le=0.5, description="Share of the labelled regions held out for validation."
    )
    affinity: float = Field(
        1.0, ge=0, le=100, description="How strongly unlabelled pixels that look alike are pulled into one class."
    )
    teaching: float = Field(
        1.0,
        ge=0,
        le=100,
        description="How strongly the instant answer or the averaged network teach unlabelled pixels.",
    )
    prior: bool = Field(True, description="Begin with the instant answer, where labels are strokes.")
    scale_range: tuple[float, float] = Field((0.7, 1.4), description="Random magnification of training patches.")
    flips: bool = Field(True, description="Mirror training patches at random; layers keep their order.")
    layers: Layers | None = Field(
        None,
        description="Whether classes lie in layers that follow each other from row to row or from column to column; "
        "found from the labels if not given.",
    )
    quarter_turns: bool | None = Field(
        None, description="Turn training patches by 90° at random; unless classes lie in layers, if not given."
    )
    fine_branch: bool | None = Field(
        None,
        description="Plain convolutions beside the encoders, which see fine detail; if not given, in preset small, "
        "unless classes lie in layers.",
    )
    intensity: float = Field(
        1.0, ge=0, le=3, description="Strength of random brightness, contrast, gamma, shading, blur and noise."
    )
    invert_contrast: bool = Field(False, description="Invert the contrast of some training patches.")

    @model_validator(mode="after")
    def _scales_rise(self) -> Self:
        if not 0.1 <= self.scale_range[0] <= self.scale_range[1] <= 10:
            raise ValueError("the scale range must rise, within 0.1 to 10")
        return self


class PretrainingConfig(RunConfig):
    """How to pretrain, whatever the objectives are."""

    minutes: float | None = Field(60.0, gt=0, le=100_000, description="How long to pretrain, in minutes.")
    batch_size: int = Field(8, ge=1, le=4096, description="Patches in one step, on each device.")
    patch_size: int = Field(
        PATCH_SIZE, ge=64, le=2048, multiple_of=32, description="Side of a training patch, in pixels."
    )
    cnn_encoder: str | None = Field(
        None, description="CNN encoder by its segmentation-models-pytorch name; the preset's if not given."
    )
    encoder_weights: str = Field("none", description="What the encoders start from: a name, or a file.")
    swin_weights: str | None = Field(
        None, description="What the Swin encoder starts from, if not the same as the CNN encoder."
    )
    weight_decay: float = Field(0.05, ge=0, le=1, description="Weight decay of AdamW.")
    averaging: float = Field(0.999, ge=0, lt=1, description="How much of the averaged weights is kept at each step.")
    save_minutes: float = Field(
        5.0, gt=0, le=10_000, description="How often weights and state are written, in minutes; a kill loses no more."
    )


class AdaptingConfig(BaseModel):
    """How a checkpoint adapts to unlabelled micrographs before it predicts them."""

    model_config = _FROZEN

    minutes: float | None = Field(
        1.0,
        gt=0,
        le=1000,
        description="How long a copy of the checkpoint adapts to the micrographs before it predicts them, in minutes.",
    )
    steps: int | None = Field(None, ge=1, description="How long to adapt, in steps; given, it replaces the minutes.")
    learning_rate: float = Field(2e-4, gt=0, le=1, description="Highest learning rate of the one-cycle schedule.")
    intensity: float = Field(
        1.5, ge=0, le=3, description="Strength of random brightness, contrast, gamma, shading, blur and noise."
    )
    least_agreement: float = Field(
        0.7, ge=0, le=1, description="Share of pixels on which the adapted network must agree with the original."
    )
    device: str = Field("auto", description="auto, cpu, cuda, cuda:1, … or mps.")
    precision: Precision = Field("auto", description="bfloat16 where the device has it, unless float32 is asked for.")
    seed: int = Field(0, ge=0, description="Same seed and steps give the same result on a CPU.")

    @model_validator(mode="after")
    def _has_a_budget(self) -> Self:
        if self.minutes is None and self.steps is None:
            raise ValueError("give a number of minutes or of steps")
        return self


class PredictionConfig(BaseModel):
    """How to apply a checkpoint to a micrograph."""

    model_config = _FROZEN

    tile: int = Field(
        1024,
        ge=64,
        le=8192,
        multiple_of=32,
        description="Largest side of what goes through the network at once, in pixels.",
    )
    overlap: int = Field(
        128, ge=0, le=1024, multiple_of=32, description="How far neighbouring tiles overlap, in pixels."
    )
    test_time_augmentation: bool = Field(
        False,
        description="Average over as many mirrored and turned views as the training had, 8, or 2 where classes lie in "
        "layers: sharper, takes as many times as long.",
    )
    exclude_databar: bool = Field(True, description="Leave out the bar with scale and text below a micrograph.")
    match_pixel_size: bool = Field(
        True, description="Show the network a micrograph of another pixel size resampled to that of its training."
    )
    device: str = Field("auto", description="auto, cpu, cuda, cuda:1, … or mps.")
    precision: Precision = Field("auto", description="bfloat16 where the device has it, unless float32 is asked for.")

    @model_validator(mode="after")
    def _overlap_is_smaller_than_half_a_tile(self) -> PredictionConfig:
        if 2 * self.overlap > self.tile:
            raise ValueError(
                f"the overlap of {self.overlap} pixels is more than half of the tile of {self.tile} pixels"
            )
        return self
