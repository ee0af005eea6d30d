"""Language models: text goes in, logits come out. Nothing here samples or draws a picture."""
