# Runs a command under a systemd of its own: own_systemd.sh FOLDER COMMAND... It needs a mount namespace of its own.
set -u
folder=$1
shift
mount -t tmpfs tmpfs /run
mkdir -p /run/systemd/system "$folder/run"
chmod 700 "$folder/run"
export XDG_RUNTIME_DIR=$folder/run DBUS_SESSION_BUS_ADDRESS=unix:path=$folder/run/bus
dbus=$(dbus-daemon --session --address="$DBUS_SESSION_BUS_ADDRESS" --fork --nopidfile --print-pid=1 2> "$folder/dbus.log")
/lib/systemd/systemd --user > "$folder/systemd.log" 2>&1 &
systemd=$!
for _ in $(seq 100); do
  systemctl --user show-environment > /dev/null 2>&1 && break
  kill -0 "$systemd" 2> /dev/null || break
  sleep 0.1
done
if systemctl --user show-environment > /dev/null 2>&1; then
  "$@"
  code=$?
else
  echo 'no systemd'
  code=0
fi
kill "$systemd" "$dbus" 2> /dev/null
wait "$systemd"
exit "$code"
