"""The emulator as a process, and where this repository lies."""

from pathlib import Path

from emulator.process import EmulatorProcess

ROOT = Path(__file__).parents[1]

__all__ = ["ROOT", "EmulatorProcess"]
