"""Spoken prompts in English and Mandarin: the audio files, and where to find them by id."""

from boardcore.prompts._index import Prompt, languages, prompt_index, prompt_path

__all__ = ["Prompt", "languages", "prompt_index", "prompt_path"]
