"""How `stored_grids` looks for grids: blocks, fits of their scales, which fit is convincing, and its name."""
