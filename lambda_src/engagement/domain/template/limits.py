"""How much one template may ask for: each bound in one place."""

# At compile time
MAX_SOURCE = 600_000  # characters of one part; Pinpoint's own limit for emails
MAX_DEPTH = 50  # blocks, sub-expressions and partials inside each other
MAX_UNFOLDED = 20_000  # tags after inline partials are unfolded
MAX_DIGITS = 40  # of a number literal
MAX_PATH = 100  # names of a path; data is nested less
MAX_PATTERN = 200  # characters of a date format
MAX_GENERATED = 2_000_000  # characters of generated code, two seconds to compile; a larger template is interpreted

# At render time
EACH_LIMIT = 15  # items that `each` shows, as in Pinpoint
MAX_OUTPUT = 1_000_000  # characters of one rendered part
MAX_STEPS = 200_000  # tags run, loops counted
MAX_WIDTH = 10_000  # characters that center, ljust and rjust pad to
