"""Sliders, charts and the chat: what a learner moves and sees."""
