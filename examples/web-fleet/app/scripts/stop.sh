#!/bin/sh
# The server of the release before, if it still runs.
if [ -f /var/run/web.pid ]; then
  kill "$(cat /var/run/web.pid)" 2> /dev/null
  rm -f /var/run/web.pid
fi
exit 0
