#!/usr/bin/env bash
# Makes this machine ready for `docker compose up`: checks it, makes .env, builds the image, downloads the models.
set -euo pipefail
export LC_ALL=C # what the programs asked here print is read

driver_wanted=580      # CUDA 13
disk_wanted=200        # GB
disk_wanted_later=60   # GB, once the image is there: the models alone
memory_wanted=32       # GB
docker_wanted=25
compose_wanted=2.24
image=jobai-server:cuda
container_user=10001

usage() {
    cat <<'TEXT'
Usage: ./setup.sh [--check | --skip-checks] [--no-models]

Checks the NVIDIA driver, disk, memory, Docker and the NVIDIA container toolkit;
makes .env with generated secrets, the models' directory, the image and a key
for Prometheus; and downloads the models. What is there already stays as it is,
so it can be run again at any time.

  --check         only report what this machine has and lacks; changes nothing;
                  the exit code is 1 if something is lacking
  --skip-checks   go on whatever the machine lacks
  --no-models     leave the models to be downloaded later

Environment: HF_TOKEN goes into a new .env. JOBAI_MODELS is the directory of the
models, a path that begins with /, ./ or ../; where .env names one, the same.
TEXT
}

fail() {
    printf 'setup.sh: %s\n' "$*" >&2
    exit 1
}

check_only=no
skip_checks=no
models=yes
for argument in "$@"; do
    case $argument in
        -h | --help) usage && exit ;;
        --check) check_only=yes ;;
        --skip-checks) skip_checks=yes ;;
        --no-models) models=no ;;
        *) usage >&2 && exit 2 ;;
    esac
done

cd -- "$(dirname -- "${BASH_SOURCE[0]}")"

# How a line of .env that sets a variable begins.
setting_of() { printf '^[[:space:]]*(export[[:space:]]+)?%s[[:space:]]*=[[:space:]]*' "$1"; }

in_env() { # in_env NAME: its value in .env as Compose reads it (but for variables in it), or nothing
    [[ -f .env ]] || return 0
    local value
    value=$(sed -nE "s/$(setting_of "$1")//p" .env | tail -n 1)
    case $value in
        \'*\'*) value=${value#\'} value=${value%%\'*} ;;
        \"*\"*) value=${value#\"} value=${value%%\"*} ;;
        \#*) value= ;;
        *) value=$(sed -E 's/[[:space:]]+(#.*)?$//' <<<"$value") ;;
    esac
    printf '%s\n' "$value"
}

# Compose has to understand the directory as this script does: a mere name would be a volume of Docker, and Compose alone
# knows what variables in it mean. What the environment says, it would not know the next time.
models_directory=$(in_env JOBAI_MODELS)
if [[ -n ${JOBAI_MODELS:-} && -n $models_directory && $JOBAI_MODELS != "$models_directory" ]]; then
    fail "JOBAI_MODELS is $JOBAI_MODELS in the environment and $models_directory in .env; leave only one of them"
fi
models_directory=${JOBAI_MODELS:-${models_directory:-./data/models}}
if [[ ! $models_directory =~ ^\.{0,2}/[^:\$]*$ ]]; then
    fail "JOBAI_MODELS is $models_directory; it has to be a path that begins with /, ./ or ../, without : and \$"
fi

lacking=0
has() { printf '  ok       %s\n' "$*"; }
lacks() {
    printf '  LACKING  %s\n' "$*"
    lacking=$((lacking + 1))
}

at_least() { # at_least FOUND WANTED: whether a version is as new as another
    [[ $(printf '%s\n' "$2" "$1" | sort --version-sort | head -n 1) == "$2" ]]
}

check_driver() {
    local found gpu
    if ! found=$(nvidia-smi --query-gpu=driver_version --format=csv,noheader 2>/dev/null) || [[ -z $found ]]; then
        lacks "NVIDIA driver $driver_wanted or later: nvidia-smi finds none; see https://www.nvidia.com/drivers"
        return
    fi
    found=${found%%$'\n'*}
    gpu=$(nvidia-smi --query-gpu=name,memory.total --format=csv,noheader 2>/dev/null | head -n 1 || true)
    if at_least "$found" "$driver_wanted"; then
        has "NVIDIA driver $found (${gpu:-GPU})"
    else
        lacks "NVIDIA driver $driver_wanted or later: this one is $found; see https://www.nvidia.com/drivers"
    fi
}

check_disk() {
    local folder=$models_directory free
    while [[ ! -d $folder ]]; do folder=$(dirname -- "$folder"); done
    free=$(df --portability --block-size=1000000000 -- "$folder" | awk 'NR == 2 {print $4}')
    # What is downloaded already needs no more room.
    local there=0
    [[ ! -d $models_directory ]] ||
        there=$(du --summarize --block-size=1000000000 -- "$models_directory" 2>/dev/null | cut -f 1 || true)
    local wanted=$disk_wanted
    ! docker image inspect "$image" >/dev/null 2>&1 || wanted=$disk_wanted_later
    if ((free + ${there:-0} >= wanted)); then
        has "disk: $free GB free for $models_directory"
    else
        lacks "disk: $wanted GB for $models_directory, where $free GB are free; name another place in JOBAI_MODELS"
    fi
}

check_memory() {
    local found
    found=$(free --bytes | awk '/^Mem:/ {printf "%d", $2 / 1e9}')
    if ((found >= memory_wanted)); then
        has "memory: $found GB"
    else
        lacks "memory: $memory_wanted GB, this machine has $found GB"
    fi
}

check_docker() {
    local found
    if ! command -v docker >/dev/null; then
        lacks "Docker: see https://docs.docker.com/engine/install/"
    elif ! found=$(docker info --format '{{.ServerVersion}}' 2>/dev/null) || [[ -z $found ]]; then
        lacks "Docker: its engine does not answer; is it running, and may $(id -un) use it?"
    elif at_least "$found" "$docker_wanted"; then
        has "Docker $found"
    else
        lacks "Docker $docker_wanted or later: this one is $found; see https://docs.docker.com/engine/install/"
    fi
    found=$(docker compose version --short 2>/dev/null || true)
    if [[ -n $found ]] && at_least "${found#v}" "$compose_wanted"; then
        has "Docker Compose $found"
    else
        lacks "Docker Compose $compose_wanted or later${found:+: this one is $found}; see https://docs.docker.com/compose/install/"
    fi
}

check_toolkit() {
    local help=https://docs.nvidia.com/datacenter/cloud-native/container-toolkit/latest/install-guide.html
    local runtimes
    runtimes=$(docker info --format '{{range $name, $_ := .Runtimes}}{{println $name}}{{end}}' 2>/dev/null || true)
    if ! command -v nvidia-ctk >/dev/null; then
        lacks "NVIDIA container toolkit: see $help"
    elif ! grep --quiet --line-regexp nvidia <<<"$runtimes"; then
        lacks "NVIDIA container toolkit: Docker does not know it; run: nvidia-ctk runtime configure --runtime=docker"
    else
        has "NVIDIA container toolkit"
    fi
}

check() {
    echo "This machine:"
    check_driver
    check_disk
    check_memory
    check_docker
    check_toolkit
}

secret() { od --address-radix=n --format=x1 --read-bytes=32 /dev/urandom | tr -d ' \n'; }

add_to_env() { # add_to_env NAME VALUE: unless .env has a value for it
    [[ -z $(in_env "$1") ]] || return 0
    local value=$2
    if [[ $value == *\'* ]]; then
        fail "$1: a value with an apostrophe cannot be written to .env"
    elif [[ $value =~ [^[:alnum:]_./:@%+,=-] ]]; then
        value="'$value'" # Compose takes what is between these as it is
    fi
    local comments # before the first setting
    comments=$(sed -n '/^#/!q;p' .env | wc -l)
    (
        umask 077
        rm -f .env.new
        # Above the others: Compose puts a value into another one only where it stands before it.
        head --lines="$comments" .env >.env.new
        printf '%s=%s\n' "$1" "$value" >>.env.new
        # grep ends the last line if nobody did.
        tail --lines="+$((comments + 1))" .env | grep --invert-match --extended-regexp "$(setting_of "$1")" >>.env.new || true
    )
    mv .env.new .env
    echo "  .env: $1"
}

make_env() {
    if [[ ! -f .env ]]; then
        (umask 077 && cat >.env) <<'TEXT'
# Made by setup.sh; keep it secret and keep a copy. The README and docs/deployment.md say what else may be set here.
TEXT
        [[ -z ${HF_TOKEN:-} ]] || add_to_env HF_TOKEN "$HF_TOKEN" >/dev/null
    fi
    [[ $(stat --format=%a .env) == 600 ]] || chmod 600 .env
    add_to_env JOBAI_MODELS "$models_directory"
    local name
    for name in JOBAI_ADMIN_KEY GRAFANA_ADMIN_PASSWORD POSTGRES_PASSWORD REDIS_PASSWORD; do
        add_to_env "$name" "$(secret)"
    done
}

compose_run() { # compose_run ARGUMENTS...: jobai-server in a container of its own
    local terminal=()
    [[ -t 1 ]] || terminal=(--no-TTY)
    docker compose run --rm "${terminal[@]}" server "$@"
}

check
if [[ $check_only == yes ]]; then
    exit $((lacking > 0))
fi
if ((lacking > 0)) && [[ $skip_checks == no ]]; then
    echo "Nothing was changed. Repair what is lacking, or go on with --skip-checks." >&2
    exit 1
fi

echo "Settings and directories:"
make_env
[[ -d $models_directory ]] || mkdir --parents -- "$models_directory"

if ! docker image inspect "$image" >/dev/null 2>&1; then
    echo "Building $image:"
    docker compose build server
fi

if [[ $(stat --format=%u -- "$models_directory") != "$container_user" ]]; then
    # By a container, so that root is not needed here.
    docker run --rm --user 0:0 --entrypoint chown --volume "$(realpath -- "$models_directory"):/models" "$image" \
        "$container_user:$container_user" /models
fi

if [[ -z $(in_env JOBAI_MONITOR_KEY) ]]; then
    monitor_key=$(docker compose run --rm --no-TTY server keys create --name prometheus --role monitor)
    [[ $monitor_key == jobai_* ]] || fail "no key could be made for Prometheus"
    add_to_env JOBAI_MONITOR_KEY "$monitor_key"
fi

if [[ $models == yes ]]; then
    echo "Models:"
    compose_run models download
fi

cat <<'TEXT'

Ready. Start everything with:    docker compose up --detach
The server:                      http://localhost:8080/v1, its admin key is JOBAI_ADMIN_KEY in .env
Grafana:                         http://localhost:3000, user admin, its password is GRAFANA_ADMIN_PASSWORD in .env
TEXT
