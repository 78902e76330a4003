"""Pages for the browser on the same machine: what they are served by, and who may ask.

`guard` lets in who has the address and token that this program has shown, and nobody
else; `serving` runs an application on such an address; `form` is the page of
`vivant verify --web`. Needs the extra `web`.
"""

from __future__ import annotations
