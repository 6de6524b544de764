#!/bin/sh
# Counts, and keeps the count on the volume: it goes on where it was.
count=$(cat "$DATA/count" 2>/dev/null || echo 0)
while :; do
  count=$((count + 1))
  echo "$count" >"$DATA/count.new" && mv "$DATA/count.new" "$DATA/count"
  echo "count $count"
  sleep "$INTERVAL"
done
