# Sourced by the programs beside it, with `here` (this folder) and `program` set: runs the program with the
# Node that scripts/setup installed in this checkout, else with one on PATH that is new enough.
checkout=${here%/*}
main=$checkout/dist/apps/cli/src/$program/main.js
node=$checkout/node_modules/.bin/node
if [ ! -x "$node" ]; then
  node=node
  case $(node --version 2>/dev/null) in
  v2[4-9].* | v[3-9][0-9].*) ;;
  *) main= ;;
  esac
fi
if [ ! -f "$main" ]; then
  echo "Error: banyan-$program is not set up in $checkout: Node 24 or the build is missing" >&2
  echo "Try: $checkout/scripts/setup" >&2
  exit 1
fi
flags=
if [ "${1:-}" = start ]; then
  # A service lives for months with many connections: as it comes, Node keeps 440 MB for a thousand of them, and 230
  # with one arena that gives large buffers back, less room for what is new, and a heap that grows in small steps
  # (docs/performance.md).
  flags=$(cat "$here/service-flags")
  while read -r setting; do export "${setting?}"; done <"$here/service-environment"
fi
# shellcheck disable=SC2086 # a list
exec "$node" $flags "$main" "$@"
