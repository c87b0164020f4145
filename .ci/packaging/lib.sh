# What the roads share: the commands of README.md, and a clean container to try them in.
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/../../examples/lib.sh"
cd "$root"

# install_as_the_readme_says WORDS: runs the block of the README's chapter on installing that has these words.
install_as_the_readme_says() {
  local block
  block=$(.ci/readme-block "$1")
  printf '%s\n' "$block"
  bash -euo pipefail -c "$block"
}

# in_clean_debian FOLDER: runs the script on stdin in a new Debian container, which sees the folder as /here.
in_clean_debian() {
  need_image debian:bookworm-slim
  docker run --rm --interactive --name "$name" --label monofy-test --volume "$1:/here:ro" --workdir /tmp \
    --env DEBIAN_FRONTEND=noninteractive debian:bookworm-slim bash -euo pipefail -s
}
