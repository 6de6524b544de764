using GitOps.Manifests.Kinds;

namespace GitOps.Reconciler.Rendering.Functions;

/// <summary><c>secret "db/password"</c>: gives a hole, never the secret.</summary>
internal static class SecretFunction
{
    public static object? Hole(Call call)
    {
        if (!call.Context.AllowsSecrets)
        {
            throw new TemplateError(RenderCodes.SecretNotAllowed, call.Span,
                "a secret is used in a field where the agent cannot put one in",
                "use it in the content of a ConfigFile, in a file of a process or in env");
        }

        var path = call.Text(0);
        var slash = path.IndexOf('/', StringComparison.Ordinal);
        var (name, key) = slash < 0 ? (path, SecretSpec.SingleKey) : (path[..slash], path[(slash + 1)..]);
        var secrets = call.Context.Scope.Secrets;
        if (!secrets.TryGetValue(name, out var secret))
        {
            throw new TemplateError(RenderCodes.UnknownSecret, call.Span, $"there is no Secret '{name}'",
                Similar.Fix(name, secrets.Keys, "add a Secret of that name"));
        }

        return secret.Keys.Contains(key)
            ? new SecretHole(name, key, secret.Version, secret.FileOf(key), call.Span)
            : throw new TemplateError(RenderCodes.UnknownSecret, call.Span, $"the Secret '{name}' has no key '{key}'",
                Similar.Fix(key, secret.Keys, "add it to the Secret's keys"));
    }
}
