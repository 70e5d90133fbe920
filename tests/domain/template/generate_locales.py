"""Write lambda_src/engagement/domain/template/locales.json from CLDR (Unicode License). Development only.

Run in an environment of its own: ``python -m venv X; X/bin/pip install babel; X/bin/python <this file> <target>``.
"""

import json
import sys

from babel import Locale  # not a dependency of the kit

# The table's name of a locale, and the territory whose weeks it counts by.
LOCALES = {
    "en": "en_US", "en_GB": "en_GB", "en_AU": "en_AU", "en_CA": "en_CA", "de": "de_DE", "fr": "fr_FR", "fr_CA": "fr_CA",
    "es": "es_ES", "es_MX": "es_MX", "it": "it_IT", "pt": "pt_BR", "pt_PT": "pt_PT", "nl": "nl_NL", "da": "da_DK",
    "sv": "sv_SE", "nb": "nb_NO", "fi": "fi_FI", "pl": "pl_PL", "cs": "cs_CZ", "ru": "ru_RU", "uk": "uk_UA",
    "el": "el_GR", "tr": "tr_TR", "ar": "ar_EG", "he": "he_IL", "hi": "hi_IN", "id": "id_ID", "vi": "vi_VN",
    "ja": "ja_JP", "ko": "ko_KR", "zh": "zh_Hans_CN", "zh_TW": "zh_Hant_TW",
}  # fmt: skip


def half_day(locale, name):
    widths = locale.day_periods["format"]
    return next((widths[w][name] for w in ("abbreviated", "wide") if name in widths.get(w, {})), name.upper())


def entry(locale):
    months, days = locale.months, locale.days["format"]
    found = {
        "months": [months["format"]["wide"][i] for i in range(1, 13)],
        "months_short": [months["format"]["abbreviated"][i] for i in range(1, 13)],
        "months_alone": [months["stand-alone"]["wide"][i] for i in range(1, 13)],
        "days": [days["wide"][i] for i in range(7)],
        "days_short": [days["abbreviated"][i] for i in range(7)],
        "half_days": [half_day(locale, "am"), half_day(locale, "pm")],
        "eras": [locale.eras["abbreviated"][i] for i in (0, 1)],
        "formats": {name: locale.date_formats[name].pattern for name in ("full", "long", "medium", "short")},
        "week": {"first_day": locale.first_week_day, "least_days": locale.min_week_days},
    }
    if found["months_alone"] == found["months"]:
        del found["months_alone"]
    return found


lines = [
    f"{json.dumps(name)}: {json.dumps(entry(Locale.parse(of)), ensure_ascii=False, separators=(',', ':'))}"
    for name, of in LOCALES.items()
]
with open(sys.argv[1], "w", encoding="utf-8") as table:
    table.write("{\n" + ",\n".join(lines) + "\n}\n")
