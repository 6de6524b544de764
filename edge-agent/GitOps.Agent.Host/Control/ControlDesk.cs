using System.Text;
using System.Text.Json;
using GitOps.Agent.Devices;
using GitOps.Agent.Host.History;
using GitOps.Agent.Host.Logs;
using GitOps.Agent.Host.Storage.Backups;
using GitOps.Agent.Host.Store;
using GitOps.Agent.Loop;
using GitOps.Agent.Policy;
using GitOps.Agent.Storage.Backups;
using GitOps.Agent.Storage.Syncing;
using GitOps.Bundles;
using GitOps.Bundles.Units;
using GitOps.Platform.Files;

namespace GitOps.Agent.Host.Control;

/// <summary>What the agent answers to people at its machine. Nothing here asks anybody outside of it.</summary>
internal sealed class ControlDesk(
    AgentLoop loop, HistoryLog history, IReadOnlyList<IUnitLogs> logs, CarriedImport import, AgentUnits units, AgentPolicy policy, string node,
    TimeProvider time)
{
    public async Task<byte[]> AnswerAsync(ControlRequest request)
    {
        switch (request.Ask)
        {
            case ControlRequest.Status:
                return StatusDocument.Status(loop.View, units.Values);
            case ControlRequest.Plan:
                return StatusDocument.Plan(loop.View);
            case ControlRequest.Why:
                return Why(request);
            case ControlRequest.History:
                return HistoryDocument.Of(loop.View.State.Generations, history.Entries);
            case ControlRequest.Clock:
                return ClockDocument.Of(units.Clock.History, time.GetUtcNow());
            case ControlRequest.Fetch:
                units.Ledger.OpenForAnHour();
                loop.FetchNow();
                return Done("for an hour blobs are fetched whatever window and budget say");
            case ControlRequest.Sync when UnitId.TryParse(request.Unit, out var unit):
                return units.Syncs.RunNow(unit.Name) ? Done($"{unit} runs; 'gitops-agent status' says how it goes") : Unknown(unit);
            case ControlRequest.ReplicaId:
                return SayReplicaId();
            case ControlRequest.Write when UnitId.TryParse(request.Unit, out var unit) && request is { Field: { } property, Value: { } value }:
                return await WriteAsync(unit, property, value, request);
            case ControlRequest.Retry:
                return Done(await loop.AskAsync(new PersonRequest.Retry()));
            case ControlRequest.RollBack when request is { Generation: { } generation, ForMs: { } length and > 0 }:
                return Said(await loop.AskAsync(new PersonRequest.RollBack(
                    generation, TimeSpan.FromMilliseconds(length), request.Reason ?? "no reason given", request.By ?? "somebody")));
            case ControlRequest.RollBack when request.Generation is null:
                return Done(await loop.AskAsync(new PersonRequest.Follow()));
            case ControlRequest.Release when request.Unit is null:
                return Done(await loop.AskAsync(new PersonRequest.ReleaseUnit(null)));
            case ControlRequest.Hold when request is { Unit: null, ForMs: { } length and > 0 }:
                return Done(await loop.AskAsync(new PersonRequest.HoldUnit(
                    null, TimeSpan.FromMilliseconds(length), request.Reason ?? "no reason given", request.By ?? "somebody")));
            case ControlRequest.Release when UnitId.TryParse(request.Unit, out var unit):
                return Done(await loop.AskAsync(new PersonRequest.ReleaseUnit(unit)));
            case ControlRequest.Hold when UnitId.TryParse(request.Unit, out var unit) && request.ForMs is { } time and > 0:
                return Find(unit) is null
                    ? Unknown(unit)
                    : Done(await loop.AskAsync(new PersonRequest.HoldUnit(
                        unit, TimeSpan.FromMilliseconds(time), request.Reason ?? "no reason given", request.By ?? "somebody")));
            default:
                return Refused($"the agent does not understand '{Encoding.UTF8.GetString(JsonSerializer.SerializeToUtf8Bytes(request, ControlContext.Default.ControlRequest))}'");
        }
    }

    private byte[] SayReplicaId()
    {
        try
        {
            return Done(units.Syncs.ReplicaId);
        }
        catch (FileLayerException failure)
        {
            return Refused(failure.Message);
        }
    }

    private async Task<byte[]> WriteAsync(UnitId device, string property, string value, ControlRequest request)
    {
        var isHeld = loop.View.State.Holds.Any(hold => hold.Covers(device));
        var (isDone, message) = await units.Devices.WriteForPersonAsync(device.Name, property, value, policy, isHeld, Audit, CancellationToken.None);
        return isDone ? Done(message) : Refused(message);

        void Audit(string what) => loop.Note(new Problem(DeviceCodes.WrittenByPerson,
            What: $"{request.By ?? "somebody"} writes {what}: {request.Reason ?? "no reason given"}",
            Fix: "nothing; if it is to stay, say so in Git"));
    }

    /// <summary>Takes in a file that <c>gitops export</c> wrote.</summary>
    public async Task<byte[]> ImportAsync(ControlRequest request, CancellationToken cancellationToken) =>
        await import.TakeAsync(request.File ?? "", loop, cancellationToken) switch
        {
            ImportOutcome.Taken(var said) => Done(said),
            ImportOutcome.Refused(var problem) => Refused(problem.ToString()),
            var outcome => throw new System.Diagnostics.UnreachableException($"no such outcome: {outcome}"),
        };

    /// <summary>Lines that say how it goes, and at last one that says how it went.</summary>
    public async Task UseBackupAsync(ControlRequest request, Stream answer, CancellationToken cancellationToken)
    {
        using var gone = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var watching = WatchAsync(answer, gone);
        try
        {
            Task Say(string line) => WriteLineAsync(answer, new ControlAnswer(true, line) { More = true }, gone.Token);
            await WriteLineAsync(answer, await UseBackupAsync(request, Say, gone.Token), gone.Token);
        }
        finally
        {
            await gone.CancelAsync();
            await watching;
        }
    }

    private async Task<ControlAnswer> UseBackupAsync(ControlRequest request, Func<string, Task> say, CancellationToken cancellationToken)
    {
        if (!UnitId.TryParse(request.Unit, out var unit) || units.Syncs.FindBackup(unit.Name) is not { } job)
        {
            return new ControlAnswer(false, $"'{request.Unit}' is no backup that this node follows; 'gitops-agent status' lists its units");
        }

        var wish = new RestoreWish(request.Field ?? "latest", request.File, request.Part, request.Follow != true);
        var isRestore = request.Ask == ControlRequest.Restore && !wish.IsDryRun;
        var users = isRestore && wish.To is null && loop.View.Target is { } target
            ? VolumeUsers.NotHeld(target, job.Spec.Volume, job.VolumePath, id => loop.View.State.Holds.Any(hold => hold.Covers(id)))
            : [];
        if (!users.IsEmpty)
        {
            return new ControlAnswer(false, $"{string.Join(", ", users)} work with volume/{job.Spec.Volume}\n  fix: 'gitops-agent hold UNIT --for 4h --reason …' and stop them, or restore elsewhere with --to");
        }

        var done = await units.Syncs.AtDeskAsync(unit.Name, job, desk => request.Ask switch
        {
            ControlRequest.Restore => desk.RestoreAsync(wish, say, cancellationToken),
            ControlRequest.Verify => desk.VerifyAsync(cancellationToken),
            _ => desk.ListAsync(say, cancellationToken),
        });
        if (done is null)
        {
            return new ControlAnswer(false, $"somebody works with the backups of {unit} already");
        }

        if (isRestore || request.Ask == ControlRequest.Verify)
        {
            var by = request.By ?? "somebody";
            loop.Note(new Problem(SyncCodes.Restored, $"{by} asked for {(isRestore ? "a restore" : "a check")} of {unit}: {done.Problem?.What ?? done.Message}", "nothing"), unit);
        }

        if (isRestore && done.Problem is null && wish.To is null && wish.Path is null)
        {
            units.Syncs.GoOn(unit.Name);
        }

        return new ControlAnswer(done.Problem is null, done.Message) { Code = done.Problem?.Code };
    }

    private static async Task WriteLineAsync(Stream answer, ControlAnswer line, CancellationToken cancellationToken) =>
        await answer.WriteAsync((byte[])[.. JsonSerializer.SerializeToUtf8Bytes(line, ControlContext.Default.ControlAnswer), (byte)'\n'], cancellationToken);

    /// <summary>One line that says whether there is a log, then the log, until it ends or whoever asked goes away.</summary>
    public async Task WriteLogsAsync(ControlRequest request, Stream answer, CancellationToken cancellationToken)
    {
        var (unit, problem) = Printing(request);
        if (unit is null)
        {
            await answer.WriteAsync(problem, cancellationToken);
            return;
        }

        await answer.WriteAsync((byte[])[.. Done(unit.Id.ToString()), (byte)'\n'], cancellationToken);
        using var gone = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var watching = WatchAsync(answer, gone);
        try
        {
            var query = new LogQuery(Math.Clamp(request.Lines ?? 100, 0, LogQuery.MostLines), request.Follow ?? false) { Part = request.Part };
            await foreach (var piece in logs.First(l => l.Has(unit)).ReadAsync(unit, query, gone.Token))
            {
                await answer.WriteAsync(piece, gone.Token);
            }
        }
        finally
        {
            await gone.CancelAsync();
            await watching;
        }
    }

    /// <summary>Ends a silent log's reading when whoever asked has closed the connection.</summary>
    private static async Task WatchAsync(Stream answer, CancellationTokenSource gone)
    {
        try
        {
            while (await answer.ReadAsync(new byte[1], gone.Token) > 0)
            {
            }

            await gone.CancelAsync();
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
        {
            await gone.CancelAsync();
        }
    }

    private (Unit? Unit, byte[] Problem) Printing(ControlRequest request) =>
        !UnitId.TryParse(request.Unit, out var id) ? (null, Refused($"'{request.Unit}' is not kind/name, such as workload/web"))
        : Find(id) is not { } unit ? (null, Unknown(id))
        : !logs.Any(l => l.Has(unit)) ? (null, Refused($"{id} prints nothing that is kept here; only workloads do"))
        : (unit, []);

    private byte[] Why(ControlRequest request)
    {
        var view = loop.View;
        if (request.Unit is null)
        {
            return ReasonDocument.Of(Explaining.Why.Node(view, node));
        }

        if (!UnitId.TryParse(request.Unit, out var id))
        {
            return Refused($"'{request.Unit}' is not kind/name, such as workload/web");
        }

        var reason = request.Field is { Length: > 0 } field ? Explaining.Why.Field(view, id, field) : Explaining.Why.Unit(view, id);
        return reason is null ? Unknown(id) : ReasonDocument.Of(reason);
    }

    private Unit? Find(UnitId id) => loop.View.Target?.Units.FirstOrDefault(u => u.Id == id) ?? loop.View.State.FindOwned(id)?.Current;

    private static byte[] Unknown(UnitId unit) => Refused($"this node has no unit '{unit}'; 'gitops-agent status' lists them");

    private static byte[] Said(string message) =>
        message.StartsWith("refused: ", StringComparison.Ordinal) ? Refused(message["refused: ".Length..]) : Done(message);

    private static byte[] Done(string message) => JsonSerializer.SerializeToUtf8Bytes(new ControlAnswer(true, message), ControlContext.Default.ControlAnswer);

    private static byte[] Refused(string message) => JsonSerializer.SerializeToUtf8Bytes(new ControlAnswer(false, message), ControlContext.Default.ControlAnswer);
}
