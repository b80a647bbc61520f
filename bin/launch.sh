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
exec "$node" "$main" "$@"
