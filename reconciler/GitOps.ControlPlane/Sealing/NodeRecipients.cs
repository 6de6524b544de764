using System.Text.Json;
using GitOps.Bundles;
using GitOps.Platform.Files;

namespace GitOps.ControlPlane.Sealing;

/// <summary>
/// The keys of nodes that secrets are sealed to, of <c>ca/recipients.json</c>: <c>{"format":1,"recipients":{"press-1":"age1…"}}</c>.
/// Read again when the file is another one.
/// </summary>
public sealed class NodeRecipients(IFileLayer layer, string path)
{
    private const int LimitBytes = 64 << 20;
    private FileStat? _stat;
    private IReadOnlyDictionary<string, string> _recipients = new Dictionary<string, string>();

    /// <summary>What is known now: a node's key, or null. A file that cannot be read leaves what was known.</summary>
    public Func<string, string?> Look()
    {
        Refresh();
        return node => _recipients.GetValueOrDefault(node);
    }

    private void Refresh()
    {
        var stat = layer.Stat(path);
        if (stat is null || stat == _stat || layer.Read(path, LimitBytes) is not { } bytes)
        {
            return;
        }

        try
        {
            using var document = JsonDocument.Parse(bytes);
            _recipients = document.RootElement.GetProperty("recipients").EnumerateObject()
                .Where(entry => Label.IsValid(entry.Name) && entry.Value.ValueKind == JsonValueKind.String)
                .ToDictionary(entry => entry.Name, entry => entry.Value.GetString()!, StringComparer.Ordinal);
            _stat = stat;
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or ArgumentException)
        {
            _stat = stat;
        }
    }
}
