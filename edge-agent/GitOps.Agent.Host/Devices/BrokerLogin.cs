using System.Text;
using GitOps.Agent.Host.Secrets;
using GitOps.Platform.Files;
using GitOps.Platform.Mqtt;

namespace GitOps.Agent.Host.Devices;

/// <summary>
/// A login in a file of the node, <c>user:password</c> in one line that nobody else may read. Read for each connect, so that a
/// changed password needs no restart; what cannot be read is no login, and the broker says what it thinks of that.
/// </summary>
internal sealed class BrokerLogin(IFileLayer layer, string path)
{
    private const int LimitBytes = 4096;

    public MqttLogin? Read() => TryRead().Login;

    /// <summary>The login, or why there is none. What the file holds is in no message.</summary>
    public (MqttLogin? Login, string? Why) TryRead()
    {
        try
        {
            if (layer.Stat(path) is not { } stat)
            {
                return (null, $"there is no {path}");
            }

            if (SecretFile.IsOpenToOthers(stat.Mode))
            {
                return (null, $"others may read or write {path}");
            }

            var line = (layer.Read(path, LimitBytes) ?? []).AsSpan().TrimEnd("\r\n"u8);
            var colon = line.IndexOf((byte)':');
            return colon > 0 ? (new MqttLogin(Encoding.UTF8.GetString(line[..colon]), line[(colon + 1)..].ToArray()), null) : (null, $"{path} does not hold user:password");
        }
        catch (FileLayerException failure)
        {
            return (null, failure.Message);
        }
    }
}
