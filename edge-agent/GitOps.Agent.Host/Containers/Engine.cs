using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using GitOps.Agent.Containers;
using GitOps.Platform.Sockets;

namespace GitOps.Agent.Host.Containers;

/// <summary>What the agent asks of a container engine. Every call may throw <see cref="EngineException"/>.</summary>
internal sealed class Engine(EngineClient client)
{
    /// <summary>A registry that sends nothing for so long is away.</summary>
    private static readonly TimeSpan PullSilence = TimeSpan.FromMinutes(2);

    /// <summary>Besides the grace a container has: for the engine itself.</summary>
    private static readonly TimeSpan StopMargin = TimeSpan.FromSeconds(30);

    /// <summary>What it and the kernel can do, and where it keeps images, when that is on this machine.</summary>
    public async Task<(EngineFeatures Features, string? Root)> FeaturesAsync(CancellationToken cancellationToken)
    {
        var info = await client.GetAsync("info", EngineJson.Default.EngineInfo, cancellationToken)
            ?? throw new EngineException(500, "the container engine does not say what it can do");
        return (new EngineFeatures(ToImageWord(info.Architecture ?? ""))
        {
            LimitsMemory = info.MemoryLimit && info.KeepsLimits,
            LimitsProcessor = info.CpuCfsQuota && info.KeepsLimits,
            LimitsPids = info.PidsLimit && info.KeepsLimits,
            EntersNetworks = NetworkNamespace.MayEnter,
        }, info.DockerRootDir);
    }

    /// <summary>Podman lets a container of a shared network have the group's host name; Docker gives it that by itself and refuses to be told.</summary>
    public async Task<bool> IsPodmanAsync(CancellationToken cancellationToken) =>
        (await client.GetAsync("version", EngineJson.Default.EngineVersion, cancellationToken))
            ?.Components?.Any(c => c.Name == "Podman Engine") == true;

    public async Task<IReadOnlyList<ListedContainer>> ListAsync(IReadOnlyList<string> labels, CancellationToken cancellationToken) =>
        await client.GetAsync($"containers/json?all=true&filters={Filters(labels)}", EngineJson.Default.IReadOnlyListListedContainer, cancellationToken) ?? [];

    /// <param name="container">Id or name.</param>
    public Task<InspectedContainer?> InspectAsync(string container, CancellationToken cancellationToken) =>
        client.GetAsync($"containers/{container}/json", EngineJson.Default.InspectedContainer, cancellationToken);

    public async Task<string> CreateAsync(string name, ContainerRequest request, CancellationToken cancellationToken) =>
        (await client.PostAsync($"containers/create?name={name}", request,
            EngineJson.Default.ContainerRequest, EngineJson.Default.Created, cancellationToken)).Id;

    public Task StartAsync(string id, CancellationToken cancellationToken) =>
        client.PostAsync($"containers/{id}/start", null, EngineClient.Usual, cancellationToken);

    public Task StopAsync(string id, TimeSpan grace, CancellationToken cancellationToken) => client.PostAsync(
        string.Create(CultureInfo.InvariantCulture, $"containers/{id}/stop?t={(int)Math.Ceiling(grace.TotalSeconds)}"), null, grace + StopMargin, cancellationToken);

    public Task RemoveAsync(string id, CancellationToken cancellationToken) =>
        client.DeleteAsync($"containers/{id}?force=true&v=true", cancellationToken);

    /// <summary>The last lines of standard output and error, oldest first, at most so many bytes.</summary>
    public async Task<IReadOnlyList<string>> LogAsync(string id, int lines, int limitBytes, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get,
            string.Create(CultureInfo.InvariantCulture, $"containers/{id}/logs?stdout=true&stderr=true&tail={lines}"));
        var log = new LogFrames(limitBytes);
        await client.StreamAsync(request, EngineClient.Usual, log.Take, cancellationToken);
        return log.Lines(lines);
    }

    /// <summary>The last lines, and then each line as it comes, until the container ends.</summary>
    public Task FollowLogAsync(string id, int lines, int limitBytes, Action<string> line, CancellationToken cancellationToken)
    {
        var log = new LogFrames(limitBytes);
        var request = new HttpRequestMessage(HttpMethod.Get,
            string.Create(CultureInfo.InvariantCulture, $"containers/{id}/logs?stdout=true&stderr=true&follow=true&tail={lines}"));
        return client.StreamAsync(request, Timeout.InfiniteTimeSpan, piece =>
        {
            var goesOn = log.Take(piece);
            log.TakeWholeLines(line);
            return goesOn;
        }, cancellationToken);
    }

    /// <summary>Reads what a container wrote, and then each line as it comes, until one has the text or the container ends.</summary>
    /// <param name="since">Of the engine's own times; null: from the beginning.</param>
    /// <param name="limitBytes">A longer line counts by its end.</param>
    /// <returns>Whether a line has it.</returns>
    public async Task<bool> FindInLogAsync(string id, string text, DateTimeOffset? since, int limitBytes, CancellationToken cancellationToken)
    {
        var log = new LogFrames(limitBytes);
        var from = since is { } time
            ? string.Create(CultureInfo.InvariantCulture, $"&since={time.ToUnixTimeSeconds()}.{time.Ticks % TimeSpan.TicksPerSecond:D7}00")
            : "";
        using var request = new HttpRequestMessage(HttpMethod.Get, $"containers/{id}/logs?stdout=true&stderr=true&follow=true&tail=all{from}");
        var isFound = false;
        await client.StreamAsync(request, Timeout.InfiniteTimeSpan, piece =>
        {
            var goesOn = log.Take(piece);
            log.TakeWholeLines(line => isFound |= line.Contains(text, StringComparison.Ordinal));
            return goesOn && !isFound;
        }, cancellationToken);
        return isFound || log.Lines(1).Any(line => line.Contains(text, StringComparison.Ordinal)); // the last one may have no end
    }

    /// <summary>Runs a program inside of a container.</summary>
    /// <returns>Its exit code; null when it did not end in time, and was killed where this machine can.</returns>
    public async Task<int?> ExecAsync(string id, IReadOnlyList<string> command, TimeSpan limit, CancellationToken cancellationToken)
    {
        var exec = (await client.PostAsync($"containers/{id}/exec", new ExecRequest(command, AttachStdout: true, AttachStderr: true),
            EngineJson.Default.ExecRequest, EngineJson.Default.Created, cancellationToken)).Id;
        using var request = new HttpRequestMessage(HttpMethod.Post, $"exec/{exec}/start")
        {
            Content = EngineClient.Json(new ExecStart(Detach: false, Tty: false), EngineJson.Default.ExecStart),
        };
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(limit);
        try
        {
            await client.StreamAsync(request, limit + EngineClient.Usual, _ => true, deadline.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            if (await InspectExecAsync(exec, cancellationToken) is { Running: true, Pid: > 0 } late)
            {
                Processes.ProcessTable.Signal(late.Pid, "SIGKILL"); // the API has no way to end it
            }

            return null;
        }

        return (await InspectExecAsync(exec, cancellationToken))?.ExitCode;
    }

    public Task<InspectedImage?> FindImageAsync(string reference, CancellationToken cancellationToken) =>
        client.GetAsync($"images/{reference}/json", EngineJson.Default.InspectedImage, cancellationToken);

    /// <param name="reference"><c>repository@sha256:…</c></param>
    /// <param name="goOn">Asked at every piece of progress; false breaks the pull off. Layers that are whole stay.</param>
    /// <exception cref="EngineException">The registry is away, refuses, or the pull was broken off.</exception>
    public async Task PullAsync(string reference, RegistryAuth? login, Func<bool> goOn, CancellationToken cancellationToken)
    {
        var at = reference.IndexOf('@', StringComparison.Ordinal);
        using var request = new HttpRequestMessage(HttpMethod.Post,
            $"images/create?fromImage={Uri.EscapeDataString(reference[..at])}&tag={Uri.EscapeDataString(reference[(at + 1)..])}");
        if (login is not null)
        {
            var json = JsonSerializer.SerializeToUtf8Bytes(login, EngineJson.Default.RegistryAuth);
            request.Headers.Add("X-Registry-Auth", Convert.ToBase64String(json).Replace('+', '-').Replace('/', '_'));
        }

        var progress = new PullReading();
        await client.StreamAsync(request, PullSilence, piece =>
        {
            progress.Take(piece.Span);
            return goOn();
        }, cancellationToken);
        if (progress.Error is { } error)
        {
            throw new EngineException(500, error);
        }
    }

    public Task RemoveImageAsync(string reference, CancellationToken cancellationToken) => client.DeleteAsync($"images/{reference}", cancellationToken);

    /// <summary>An archive as <c>docker save</c> writes it.</summary>
    public Task LoadImageAsync(byte[] archive, CancellationToken cancellationToken)
    {
        var body = new ByteArrayContent(archive);
        body.Headers.ContentType = new MediaTypeHeaderValue("application/x-tar");
        return client.PostAsync("images/load?quiet=true", body, EngineClient.Usual, cancellationToken);
    }

    /// <summary>A volume in memory; it is there for as long as a container that mounts it runs.</summary>
    public Task CreateMemoryVolumeAsync(string name, long? limitBytes, IReadOnlyDictionary<string, string> labels, CancellationToken cancellationToken)
    {
        var options = new Dictionary<string, string>(StringComparer.Ordinal) { ["type"] = "tmpfs", ["device"] = "tmpfs" };
        if (limitBytes is { } limit)
        {
            // In pages: Podman takes the word 'size' for a quota of the disk.
            options["o"] = string.Create(CultureInfo.InvariantCulture, $"nr_blocks={(limit + Environment.SystemPageSize - 1) / Environment.SystemPageSize}");
        }

        return client.PostAsync("volumes/create", new VolumeRequest(name, "local", options, labels),
            EngineJson.Default.VolumeRequest, EngineJson.Default.Volume, cancellationToken);
    }

    public async Task RemoveVolumesAsync(IReadOnlyList<string> labels, CancellationToken cancellationToken)
    {
        var list = await client.GetAsync($"volumes?filters={Filters(labels)}", EngineJson.Default.VolumeList, cancellationToken);
        foreach (var volume in list?.Volumes ?? [])
        {
            await client.DeleteAsync($"volumes/{volume.Name}", cancellationToken);
        }
    }

    private Task<InspectedExec?> InspectExecAsync(string exec, CancellationToken cancellationToken) =>
        client.GetAsync($"exec/{exec}/json", EngineJson.Default.InspectedExec, cancellationToken);

    private static string Filters(IReadOnlyList<string> labels) => Uri.EscapeDataString(Encoding.UTF8.GetString(JsonSerializer.SerializeToUtf8Bytes(
        new Dictionary<string, IReadOnlyList<string>> { ["label"] = labels }, EngineJson.Default.DictionaryStringIReadOnlyListString)));

    private static string ToImageWord(string machine) => machine switch
    {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        _ => machine,
    };
}
