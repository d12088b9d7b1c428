# The compiled extension. `Any` is confined to the modules that bind one C header each.
from typing import Any

ffi: Any
lib: Any
