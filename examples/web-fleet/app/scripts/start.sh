#!/bin/sh
# What stays after this script must not hold its output: the agent waits for it to be closed.
node /srv/web/server.mjs > /var/log/web.log 2>&1 < /dev/null &
echo $! > /var/run/web.pid
echo "$APPLICATION_NAME starts for $DEPLOYMENT_ID"
