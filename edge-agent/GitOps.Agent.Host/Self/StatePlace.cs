using System.Text.Json;
using GitOps.Agent.Host.Configuration;
using GitOps.Platform.Files;

namespace GitOps.Agent.Host.Self;

/// <summary>
/// Finds the state directory and nothing else: settings that only a newer agent knows must not keep the installed one from
/// starting that agent.
/// </summary>
internal static class StatePlace
{
    private const int LimitBytes = 1 << 20;
    private static readonly JsonDocumentOptions Lenient = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    /// <summary>Flag, then environment, then agent.json, then the default.</summary>
    public static string Find(IFileLayer layer, string identity, string? flag, Func<string, string?> environment) =>
        Path.GetFullPath(flag ?? environment(AgentConfig.StateSetting.Variable(AgentConfig.Prefix)) ?? Written(layer, identity) ?? AgentConfig.StateSetting.Default!);

    private static string? Written(IFileLayer layer, string identity)
    {
        try
        {
            if (layer.Read($"{Path.GetFullPath(identity)}/agent.json", LimitBytes) is not { } bytes)
            {
                return null;
            }

            using var json = JsonDocument.Parse(bytes, Lenient);
            return json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty(AgentConfig.StateSetting.Name, out var written) &&
                written.ValueKind == JsonValueKind.String ? written.GetString() : null;
        }
        catch (Exception e) when (e is JsonException or FileLayerException)
        {
            return null;
        }
    }
}
