# Sourced by scripts that need more than scripts/setup installs: `need PACKAGE…` installs what is missing.
need() {
  missing=
  for package; do
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing="$missing $package"
  done
  [ -n "$missing" ] || return 0
  [ "$(id -u)" = 0 ] || { echo "root is needed to install$missing" >&2 && return 1; }
  printf '==> installing Debian packages:%s\n' "$missing"
  apt-get update -q
  # shellcheck disable=SC2086 # a list
  DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $missing </dev/null
}
