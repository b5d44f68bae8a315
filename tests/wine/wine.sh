#!/bin/sh
# Runs a Windows program under wine, with a prefix of its own in $LITEGINX_WINE and no chatter.
WINEPREFIX=$LITEGINX_WINE/prefix
WINEDEBUG=-all
WINEDLLOVERRIDES='mscoree,mshtml=;winemenubuilder.exe=d'
LC_ALL=C.UTF-8
export WINEPREFIX WINEDEBUG WINEDLLOVERRIDES LC_ALL
unset DISPLAY
exec /usr/lib/wine/wine64 "$@"
