namespace GitOps.Manifests.Install;

/// <summary>
/// Mosquitto in the pod of the control plane, as a shell of its image runs it: keys never leave the pod, and whoever lost its
/// certificate is refused without anybody restarting anything.
/// </summary>
public static class MosquittoSidecar
{
    /// <summary>Where <c>gitops broker mosquitto --watch</c> writes and Mosquitto reads.</summary>
    public const string Folder = "/run/gitops/broker";

    /// <summary>
    /// For <c>sh -c SCRIPT sh FOLDER</c>. Mosquitto reads a list of revoked certificates at its start only, so it is started again
    /// when its configuration is another file; one that ends by itself ends the script.
    /// </summary>
    public const string Script =
        """
        conf=$1/mosquitto.conf stop=0 broker=
        trap 'stop=1; kill -TERM $broker 2>/dev/null' TERM INT
        while [ $stop = 0 ]; do
          until [ -s "$conf" ]; do [ $stop = 0 ] || exit 0; sleep 1; done
          seen=$(stat -c '%i %Y %Z' "$conf") again=0
          mosquitto -c "$conf" & broker=$!
          while kill -0 $broker 2>/dev/null; do
            [ "$(stat -c '%i %Y %Z' "$conf")" = "$seen" ] || { again=1; kill -TERM $broker; }
            sleep 1 & wait $!
          done
          wait $broker || { status=$?; [ $again$stop != 00 ] || exit $status; }
        done
        """;
}
