using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;

namespace GitOps.Dmi.Mappers;

/// <summary>
/// Mappers written in Go name the path of the socket as <c>:authority</c> of their requests, which is no host (RFC 9113
/// §8.3.1), and Kestrel refuses the stream. Nothing here depends on that name, so it is overwritten as it passes: in place,
/// so that no length of a frame (§4.1) or string (RFC 7541 §5.2) changes.
/// </summary>
internal static class AuthorityRepair
{
    public static ConnectionDelegate Repair(ConnectionDelegate next) => async connection =>
    {
        var given = connection.Transport;
        var repaired = new Pipe(new PipeOptions(useSynchronizationContext: false));
        connection.Transport = new Repaired(repaired.Reader, given.Output);
        var passing = PassAsync(given.Input, repaired.Writer);
        try
        {
            await next(connection);
        }
        finally
        {
            connection.Transport = given;
            await repaired.Reader.CompleteAsync();
            given.Input.CancelPendingRead();
            await passing;
        }
    };

    private static async Task PassAsync(PipeReader from, PipeWriter to)
    {
        Exception? failure = null;
        try
        {
            var frames = new FrameRepair();
            while (true)
            {
                var read = await from.ReadAsync();
                var whole = frames.TakeWhole(read.Buffer);
                foreach (var piece in read.Buffer.Slice(0, whole))
                {
                    to.Write(piece.Span);
                }

                from.AdvanceTo(read.Buffer.GetPosition(whole), read.Buffer.End);
                if (read.IsCanceled || (await to.FlushAsync()).IsCompleted || read.IsCompleted)
                {
                    return;
                }
            }
        }
        catch (Exception gone) when (gone is IOException or ConnectionResetException or ConnectionAbortedException or OperationCanceledException or InvalidOperationException)
        {
            failure = gone;
        }
        finally
        {
            await to.CompleteAsync(failure);
        }
    }

    private sealed class Repaired(PipeReader input, PipeWriter output) : IDuplexPipe
    {
        public PipeReader Input => input;

        public PipeWriter Output => output;
    }
}
