"""Everything that knows MiniStack's inside: one module per seam, see `docs/local-cloud.md`.

It runs in the emulator's interpreter (`.venv-emulator`) and needs nothing else there.
"""

from local.adapter import pinned

# Before any seam is imported: they are private parts of one version of MiniStack.
pinned.require_version()
