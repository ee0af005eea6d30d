"""From logits to tokens: distributions, truncation, drawing, and measures. NumPy alone."""
