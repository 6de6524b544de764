using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using GitOps.Agent.Host.Secrets;
using GitOps.Bundles;
using GitOps.Platform.Files;

namespace GitOps.Agent.Host.Containers;

/// <summary>
/// Credentials of private registries, from a file on the node in the form <c>docker login</c> and <c>podman login</c> write
/// (<c>{"auths": {"registry.example": {"auth": "BASE64"}}}</c>). Read for every pull, so that a changed password needs no
/// restart. What it holds appears in no message.
/// </summary>
/// <param name="path">Null: there are none.</param>
internal sealed class RegistryLogins(IFileLayer layer, string? path)
{
    private const int LimitBytes = 1 << 20;

    /// <returns>The login for a reference, none, or what is wrong with the file.</returns>
    public (RegistryAuth? Login, Problem? Problem) Find(string reference)
    {
        if (path is null)
        {
            return (null, null);
        }

        try
        {
            if (layer.Stat(path) is not { } stat)
            {
                return (null, Wrong("there is no such file", "put it there, or take registryLogins out of agent.json"));
            }

            if (SecretFile.IsOpenToOthers(stat.Mode))
            {
                return (null, Wrong("others may read or write it", $"chmod 600 {path}"));
            }

            var logins = JsonSerializer.Deserialize(layer.Read(path, LimitBytes) ?? [], LoginJson.Default.LoginFile);
            return (logins?.Auths is { } auths ? Find(reference, auths) : null, null);
        }
        catch (FileLayerException e)
        {
            return (null, Wrong(e.Message, "make it readable for the agent"));
        }
        catch (Exception e) when (e is JsonException or FormatException)
        {
            // Without the reader's words: they may quote what the file holds.
            return (null, Wrong("it is not what 'docker login' or 'podman login' writes", "log in again, with --authfile"));
        }
    }

    /// <summary>The longest entry that the reference begins with, at a slash; Docker Hub's has a name of its own.</summary>
    private static RegistryAuth? Find(string reference, IReadOnlyDictionary<string, LoginEntry> auths)
    {
        var repository = reference.Split('@')[0];
        var found = auths.Where(a => repository.StartsWith(HostOf(a.Key) + "/", StringComparison.Ordinal)).MaxBy(a => a.Key.Length);
        if (found.Value is not { } entry)
        {
            return null;
        }

        var (user, password) = (entry.Username, entry.Password);
        if (entry.Auth is { } auth)
        {
            var text = Encoding.UTF8.GetString(Convert.FromBase64String(auth));
            var colon = text.IndexOf(':', StringComparison.Ordinal);
            (user, password) = colon < 0 ? throw new FormatException() : (text[..colon], text[(colon + 1)..]);
        }

        return user is null || password is null ? null : new RegistryAuth(user, password, found.Key);
    }

    private static string HostOf(string key) => key == "https://index.docker.io/v1/"
        ? "docker.io"
        : key.Replace("https://", "", StringComparison.Ordinal).Replace("http://", "", StringComparison.Ordinal).TrimEnd('/');

    private Problem Wrong(string what, string fix) => new(AgentCodes.Configuration, $"registryLogins, {path}: {what}", fix);
}

internal sealed record LoginFile(IReadOnlyDictionary<string, LoginEntry>? Auths);

internal sealed record LoginEntry(string? Auth, string? Username, string? Password);

[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(LoginFile))]
internal sealed partial class LoginJson : JsonSerializerContext;
