"""The booking platforms, a file each: found by walking this folder."""
