#!/bin/sh
# Ten tries for the server to come up, and no longer.
for try in 1 2 3 4 5 6 7 8 9 10; do
  status=$(node -e 'fetch("http://127.0.0.1:8080/health").then(({ status }) => console.log(status), () => console.log("nobody"))')
  [ "$status" = 200 ] && exit 0
  sleep 0.2
done
echo "the server answers $status" >&2
exit 1
