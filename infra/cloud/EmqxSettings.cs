namespace GitOps.Infra.Cloud;

/// <summary>EMQX beside the control plane, of its maker's Helm chart.</summary>
/// <param name="Host">The name that nodes reach it by. It has a Service of its own, hence a name of its own.</param>
internal sealed record EmqxSettings(string Host)
{
    public string Repository { get; init; } = "https://repos.emqx.io/charts";

    /// <summary>Of the chart <c>emqx</c>, and with it of the image: the last line under the Apache licence.</summary>
    public string Version { get; init; } = "5.8.8";

    /// <summary>One that restarts is away for some seconds; three agree on who is left.</summary>
    public int Replicas { get; init; } = 1;

    public StorageSettings Storage { get; init; } = new() { Size = "1Gi" };

    public string Cpu { get; init; } = "250m";

    /// <summary>Asked for, and the most it may take.</summary>
    public string Memory { get; init; } = "512Mi";

    public IEnumerable<string> Problems()
    {
        if (Uri.CheckHostName(Host) is not UriHostNameType.Dns)
        {
            yield return $"emqx.host: '{Host}' is not a host name";
        }

        if (!System.Version.TryParse(Version, out _))
        {
            yield return $"emqx.version: '{Version}' names no version of the chart, such as 5.8.8";
        }

        if (Replicas is < 1 or > 7 || Replicas % 2 == 0)
        {
            yield return $"emqx.replicas: {Replicas} is not 1, 3, 5 or 7; an even number cannot agree after a split";
        }
    }
}
