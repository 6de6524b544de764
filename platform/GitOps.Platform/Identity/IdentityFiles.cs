using System.Text;
using System.Text.Json;

namespace GitOps.Platform.Identity;

/// <summary>What makes a machine a node: the content of its identity folder (docs/contracts.md §9 and §10).</summary>
/// <param name="Root">The fleet's root of trust, as the store holds it.</param>
/// <param name="Server">Where the node API is reached.</param>
public sealed record IdentityFiles(
    string Fleet, string Node, string KeyPem, string CertificatePem, string AuthorityPem, ReadOnlyMemory<byte> Root, Uri Server)
{
    /// <summary>
    /// What a node lets Git do until somebody says more on the machine. Narrow: files and volumes below two roots, programs of
    /// the system as the agent's own user, devices are read and not written, containers have what the engine gives any and
    /// nothing of the node. What is left out is denied.
    /// </summary>
    public const string RestrictivePolicy = """
        {
          "format": 1,
          "paths": [
            "/srv",
            "/opt"
          ],
          "users": [],
          "exec": [
            "/usr/bin",
            "/usr/local/bin",
            "/bin"
          ],
          "devices": {
            "hosts": [
              "*"
            ],
            "writable": []
          },
          "containers": {
            "images": [
              "*"
            ],
            "users": [
              "*"
            ]
          }
        }

        """;

    /// <summary>Where the broker is reached; null: the node polls.</summary>
    public Uri? Broker { get; init; }

    /// <summary>The private half of what the node's secrets are sealed to (<c>AGE-SECRET-KEY-1…</c>).</summary>
    public required string SealKey { get; init; }

    /// <summary>No pointer below this generation is followed; 0: any.</summary>
    public long GenerationFloor { get; init; }

    // The generated text would print the keys into a log.
    public override string ToString() => $"the identity of {Node} of fleet {Fleet}";

    internal byte[] AgentJson()
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true, NewLine = "\n" }))
        {
            json.WriteStartObject();
            json.WriteNumber("format", 1);
            json.WriteString("fleet", Fleet);
            json.WriteString("node", Node);
            json.WriteString("server", Address(Server));
            if (Broker is { } broker)
            {
                json.WriteString("broker", Address(broker));
            }

            json.WriteEndObject();
        }

        return [.. stream.ToArray(), (byte)'\n'];
    }

    internal static byte[] Text(string text) => Encoding.UTF8.GetBytes(text);

    private static string Address(Uri address) => address.ToString().TrimEnd('/');
}
