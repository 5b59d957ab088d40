"""Word lists, and the rules that make new names from them."""
