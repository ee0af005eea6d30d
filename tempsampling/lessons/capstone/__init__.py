"""Lesson 14's capstone: a sampler writes, and is judged by its diversity at equal likelihood."""

from tempsampling.lessons.capstone.baselines import BASELINES, MEASURES, at, curve
from tempsampling.lessons.capstone.report import practice

__all__ = ["BASELINES", "MEASURES", "at", "curve", "practice"]
