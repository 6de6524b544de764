using System.Text.Json;
using System.Text.Json.Serialization;
using GitOps.Manifests.Registrations;
using Pulumi;

namespace GitOps.Infra;

/// <summary>Settings that can say what is wrong with them.</summary>
internal interface ICheckedSettings
{
    IEnumerable<string> Problems();
}

/// <summary>Structured configuration into records. All that is wrong is said at once, before anything is registered.</summary>
internal static class SettingsReader
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectNullableAnnotations = true,
        AllowDuplicateProperties = false,
        Converters = { new JsonStringEnumConverter(allowIntegerValues: false) },
    };

    /// <exception cref="RunException">The value has members nobody knows, or values that do not fit.</exception>
    public static T Read<T>(Config config, string key)
        where T : class, ICheckedSettings
    {
        T settings;
        try
        {
            settings = config.RequireObject<T>(key, Json);
        }
        catch (Exception e) when (e is JsonException || e.InnerException is JsonException)
        {
            throw Refused(key, [(e as JsonException ?? (JsonException)e.InnerException!).Message]);
        }

        return settings.Problems().ToList() is { Count: > 0 } problems ? throw Refused(key, problems) : settings;
    }

    private static RunException Refused(string key, IEnumerable<string> problems) => new(
        $"{RegistrationCodes.WrongSettings.Id}: the configuration '{key}' of this stack is wrong\n" +
        string.Concat(problems.Select(problem => $"  {problem}\n")) + $"fix: correct it in Pulumi.STACK.yaml, or with 'pulumi config set --path {key}.MEMBER VALUE'");
}
