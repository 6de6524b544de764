namespace GitOps.Manifests.Install;

/// <summary>
/// A shared secret of webhooks of a control plane in a pod: a key of the Secret <c>gitops-webhooks</c>, which may be absent as a
/// whole or in parts. It is handed over in the environment, so that a new one is taken up by the next pod.
/// </summary>
/// <param name="Key">In the Secret.</param>
/// <param name="Setting">Of <c>gitops serve</c>.</param>
/// <param name="Variable">By which that is set.</param>
public sealed record WebhookSecret(string Key, string Setting, string Variable)
{
    public const string Secret = "gitops-webhooks";

    public static IReadOnlyList<WebhookSecret> All { get; } =
    [
        new("github", "webhookGithubSecret", "GITOPS_WEBHOOK_GITHUB_SECRET"),
        new("gitlab", "webhookGitlabSecret", "GITOPS_WEBHOOK_GITLAB_SECRET"),
        new("gitea", "webhookGiteaSecret", "GITOPS_WEBHOOK_GITEA_SECRET"),
        new("generic", "webhookGenericSecret", "GITOPS_WEBHOOK_GENERIC_SECRET"),
    ];
}
