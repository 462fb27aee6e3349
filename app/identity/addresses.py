"""What an e-mail address looks like, for people, issuers and letters alike."""

import re

# Narrower than RFC 5322: without the characters by which a header tells several addresses, names and comments apart.
_PART = r'[^\s@()<>\[\],;:"\\\x00-\x1f\x7f]+'
EMAIL = re.compile(f"{_PART}@{_PART}")
