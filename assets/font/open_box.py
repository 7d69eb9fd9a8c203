"""Draws U+2423, the sign of a space, into the font file that is named: Noto Sans has none."""

import sys

from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont

CORNERS = [(50, -20), (120, -20), (120, -120), (404, -120), (404, -20), (474, -20), (474, -190), (50, -190)]

font = TTFont(sys.argv[1], recalcTimestamp=False)
pen = TTGlyphPen(None)
pen.moveTo(CORNERS[0])
for corner in CORNERS[1:]:
    pen.lineTo(corner)
pen.closePath()
font.setGlyphOrder([*font.getGlyphOrder(), "openbox"])
font["glyf"]["openbox"] = pen.glyph()
font["hmtx"]["openbox"] = (524, 50)
for table in font["cmap"].tables:
    table.cmap[0x2423] = "openbox"
font.save(sys.argv[1])
